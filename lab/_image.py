"""The image of a small Debian host with systemd, Python and sshd, built by mmdebstrap: no registry is asked."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

from . import _packages
from ._engine import docker
from ._shell import LABEL, STATE, as_root, phase, run

REPOSITORY = "rocketmq-cluster-lab"
SUITE = "bookworm"
PACKAGES = "systemd systemd-sysv dbus python3 python3-apt iproute2 procps ca-certificates sudo openssh-server"
USER = "ops"  # what Ansible logs in as: unprivileged, no password, sudo
# No use in a container, or a reason for a test to wait (apt's timers hold its lock).
MASKED = "apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer console-getty.service"
FILES = {
    f"etc/sudoers.d/{USER}": f"{USER} ALL=(ALL:ALL) NOPASSWD: ALL\n",
    "etc/ssh/sshd_config.d/lab.conf": "PasswordAuthentication no\nPermitRootLogin no\nUseDNS no\n",
    # Each host makes its own keys when it boots for the first time; ours must come before Debian's `sshd -t`.
    "etc/systemd/system/ssh.service.d/keys.conf": "[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\n",
}
# A container inherits the label, so its value must not be the lab's: `down` would take other containers for hosts.
METADATA = ('CMD ["/lib/systemd/systemd"]', "ENV container=docker", f"LABEL {LABEL}=image")
SETUP = f"""
useradd --create-home --shell /bin/bash {USER}
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
: >/etc/machine-id
systemctl mask {MASKED}
update-ca-certificates
apt-get clean
apt-get install --yes --download-only openjdk-17-jre-headless
"""  # the last line: every test installs it, none has to download it


def name() -> str:
    recipe = repr((SUITE, PACKAGES, SETUP, METADATA, sorted(_files().items())))
    return f"{REPOSITORY}:{SUITE}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def ensure() -> str:
    image = name()
    if not docker("images", "--quiet", image):
        with phase(f"image {image}"):
            _build(image)
    docker("tag", image, f"{REPOSITORY}:latest")  # what molecule.yml names
    return image


def _build(image: str) -> None:
    if not shutil.which("mmdebstrap"):
        _packages.need("mmdebstrap", "it builds the image of the local hosts from Debian packages")
    if not Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
        _packages.need("debian-archive-keyring", "the local hosts are Debian, whatever this machine is")
    with tempfile.TemporaryDirectory(dir=STATE) as folder:
        overlay, archive = Path(folder, "overlay"), Path(folder, "image.tar")
        for path, text in _files().items():
            file = overlay / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        run(
            *as_root(
                "mmdebstrap",
                "--variant=apt",
                f"--include={','.join(PACKAGES.split())}",
                "--skip=cleanup/apt/cache",
                f'--customize-hook=tar -C {overlay} --owner=0 --group=0 -c . | tar -C "$1" -x --no-overwrite-dir',
                f"--customize-hook=chroot \"$1\" sh -euc '{SETUP}'",
                SUITE,
                str(archive),
                *_sources(),
            )
        )
        docker("import", *(f"--change={line}" for line in METADATA), str(archive), image)


def _sources() -> list[str]:
    """This machine's own mirror where it is the same Debian; otherwise none, and mmdebstrap takes Debian's."""
    shown = "$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    targets = run("apt-get", "indextargets", "--format", shown, "Identifier: Packages").splitlines()
    lines = [line.removeprefix("Debian ") for line in targets if line.startswith("Debian deb ")]
    return [line for line in lines if line.split()[2].startswith(SUITE)]


def _files() -> dict[str, str]:
    """What is put into the image: our own settings, and the machine's way to its mirror (proxy, extra CAs)."""
    settings = run("apt-config", "dump").splitlines()
    network = [line for line in settings if re.match(r"Acquire::(Check-|https?::.*Proxy)", line, re.IGNORECASE)]
    authorities = Path("/usr/local/share/ca-certificates").glob("*.crt")
    return {
        **FILES,
        "etc/apt/apt.conf.d/90machine": "".join(f"{line}\n" for line in network),
        **{str(path).lstrip("/"): path.read_text() for path in authorities},
    }
