#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build a verified RocketMQ distribution on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: distribution
short_description: Build a verified RocketMQ distribution on the control node
version_added: 0.1.0
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
description:
  - Turns the official binary archive (by URL or from a file) or the jars that Maven resolves into one and the same
    thing, a tar with C(lib/*.jar) and, as its last member, C(lib/SHA256SUMS), kept in a cache folder.
  - Nothing enters the cache unverified. An archive is compared with its SHA-512, jars with the lock of the release, and
    a tar that is already in the cache with the digest that was stored when it was built.
  - C(conf) and C(bin) of the archive are not used; the role P(rocketmq.cluster.rocketmq_dist#role) brings its own.
  - Runs on the control node, with C(delegate_to=localhost), C(run_once=true) and C(become=false).
options:
  version:
    description: The release, such as V(4.7.1).
    type: str
    required: true
  source:
    description:
      - V(archive) downloads O(url), V(file) reads O(file), V(maven) runs O(maven_command).
    type: str
    choices: [archive, file, maven]
    required: true
  cache_dir:
    description: Folder on the control node that keeps what was built; created if it is missing.
    type: path
    required: true
  url:
    description:
      - Address of the binary zip, for O(source=archive).
      - Without O(sha512), the digest is read from the same address with C(.sha512) behind it.
    type: str
    default: ""
  file:
    description:
      - Path of the binary zip on the control node, for O(source=file).
      - Without O(sha512), the digest is read from C(.sha512) beside it.
    type: path
    default: ""
  sha512:
    description: SHA-512 of the zip. Wins over a published one.
    type: str
    default: ""
  maven_command:
    description: The Maven client, for O(source=maven). It uses its own defaults or the user's settings.xml.
    type: str
    default: mvn
  modules:
    description: Artifacts, without C(rocketmq-), whose runtime jars are the distribution, for O(source=maven).
    type: list
    elements: str
    default: [broker, namesrv, tools, client]
  jars:
    description: The lock, from the name of every jar to its SHA-256, for O(source=maven).
    type: dict
    default: {}
  timeout:
    description: Seconds without an answer after which one attempt of a download is given up.
    type: int
    default: 60
  attempts:
    description: How often a download that failed for a passing reason is tried.
    type: int
    default: 3
attributes:
  check_mode:
    description: Builds nothing, and says whether it would.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Build the distribution from the official archive
  rocketmq.cluster.distribution:
    version: 4.7.1
    source: file
    file: /srv/mirror/rocketmq-all-4.7.1-bin-release.zip
    cache_dir: ~/.cache/rocketmq.cluster
  delegate_to: localhost
  run_once: true
  become: false
"""

RETURN = r"""
tar:
  description: Path of the tar on the control node; in check mode, the path it would have.
  returned: success
  type: str
  sample: /home/me/.cache/rocketmq.cluster/rocketmq-4.7.1-0123456789ab.tar
present:
  description: Whether the tar is there; false only in check mode.
  returned: success
  type: bool
sha256:
  description: SHA-256 of the tar; empty if it is not there.
  returned: success
  type: str
jars:
  description: Number of jars in it.
  returned: success
  type: int
version:
  description: The release.
  returned: success
  type: str
"""

import contextlib
import errno
import hashlib
import io
import json
import pathlib
import re
import shutil
import tarfile
import tempfile
import time
import zipfile
from typing import Any, Callable, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils._download import Download, Refused, sha256
from ansible_collections.rocketmq.cluster.plugins.module_utils._maven import MavenError, check, resolve

# Part of the name of a tar: whoever changes what a tar looks like counts this up, and old caches are not used.
FORMAT = 1
_CHUNK = 1024 * 1024
_STALE_SECONDS = 24 * 3600


def parse_sha512(text: str) -> str:
    """The digest in a ``.sha512`` file as ``gpg --print-md`` or ``sha512sum`` writes it, or ValueError."""
    text = text.strip()
    plain = re.fullmatch(r"([0-9A-Fa-f]{128})(?:[ \t]+\*?[^\r\n]+)?", text)
    if plain:
        return plain.group(1).lower()
    grouped = re.fullmatch(r"[^\r\n]+?:\s*((?:[0-9A-Fa-f]+\s*)+)", text)
    digits = re.sub(r"\s", "", grouped.group(1)) if grouped else ""
    if len(digits) != 128:
        raise ValueError("not one SHA-512 in the format of gpg --print-md or sha512sum")
    return digits.lower()


def sha512(path: pathlib.Path) -> str:
    digest = hashlib.sha512()
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def published(origin: str, read: Callable[[], str]) -> str:
    """The digest that stands beside a zip."""
    text = read()
    try:
        return parse_sha512(text)
    except ValueError as error:
        raise Refused(
            f"{origin} is {error}: it begins with {text[:60]!r}. Give the digest yourself in rocketmq_archive_sha512."
        ) from error


def verify_zip(path: pathlib.Path, origin: str, expected: str) -> None:
    """The zip at ``path``, which came from ``origin``, is the expected one."""
    with path.open("rb") as stream:
        start = stream.read(60)
    if not start.startswith(b"PK"):
        raise Refused(
            f"{origin} is not a zip archive, it begins with {start.decode('utf-8', 'replace')!r}: an error page or a "
            "log-in page of a proxy looks like that. See rocketmq_archive_url and rocketmq_archive_file."
        )
    got = sha512(path)
    if got != expected:
        raise Refused(
            f"{origin} has SHA-512 {got}, expected {expected}: it is damaged or not what was published. Download it "
            "again; if the digest stays, compare it with the project's own download page before you change "
            "rocketmq_archive_sha512."
        )


def unzip_jars(path: pathlib.Path, origin: str, lib: pathlib.Path) -> list[pathlib.Path]:
    """Write the jars of the zip's own lib folder, wherever that folder is, into ``lib``."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: name.split("/") for name in archive.namelist()}
            jars = {
                name: parts for name, parts in members.items() if parts[-2:-1] == ["lib"] and parts[-1].endswith(".jar")
            }
            # A distribution may carry other software with a lib folder; its own is the one nearest to the top.
            depth = min((len(parts) for parts in jars.values()), default=0)
            chosen = [name for name, parts in sorted(jars.items()) if len(parts) == depth]
            if len({name.rpartition("/")[0] for name in chosen}) != 1:
                raise Refused(
                    f"{origin} has {'no' if not chosen else 'more than one'} lib folder with jars: "
                    "give the binary release (…-bin-release.zip), not the source."
                )
            for name in chosen:
                with archive.open(name) as source, (lib / members[name][-1]).open("wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK)
    except zipfile.BadZipFile as error:
        raise Refused(f"{origin} cannot be unpacked: {error}.") from error
    return sorted(lib.glob("*.jar"))


def write_tar(jars: list[pathlib.Path], target: pathlib.Path) -> None:
    """The same jars make the same bytes. SHA256SUMS comes last, so that where it is, everything is."""
    sums = "".join(f"{sha256(jar)}  {jar.name}\n" for jar in jars).encode()
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as tar:
        folder = _member("lib", 0o755)
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for jar in jars:
            with jar.open("rb") as stream:
                tar.addfile(_member(f"lib/{jar.name}", 0o644, jar.stat().st_size), stream)
        tar.addfile(_member("lib/SHA256SUMS", 0o644, len(sums)), io.BytesIO(sums))


def _member(name: str, mode: int, size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.mode = mode
    member.size = size
    member.uname = member.gname = "root"
    return member


class Builder:
    """One distribution and its place in the cache."""

    def __init__(self, params: dict[str, Any], download: Download) -> None:
        self._params = params
        self._download = download
        self._source = str(params["source"])
        self._version = str(params["version"])
        self._cache = pathlib.Path(params["cache_dir"])
        self._given = re.sub(r"\s", "", params["sha512"] or "").lower()
        self._validate()
        # The name says what the tar was made of, so that a second run finds it without asking anybody.
        self._digest = self._given or (self._beside() if self._source == "file" else "")
        made_of = {"format": FORMAT, "version": self._version, "zip": self._digest, "url": "", "jars": {}}
        if self._source == "maven":
            made_of.update(zip="", jars=params["jars"])
        elif not self._digest:
            made_of.update(url=params["url"])
        short = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:12]
        self.tar = self._cache / f"rocketmq-{self._version}-{short}.tar"
        self._sum = self.tar.with_name(self.tar.name + ".sha256")

    def _validate(self) -> None:
        if not re.fullmatch(r"[0-9A-Za-z._-]+", self._version):
            raise Refused(f"{self._version!r} is no version.")
        if self._given and not re.fullmatch(r"[0-9a-f]{128}", self._given):
            raise Refused(
                f"sha512 is {self._params['sha512']!r}: a SHA-512 has 128 hexadecimal digits (rocketmq_archive_sha512)."
            )
        if self._source == "archive" and not self._params["url"]:
            raise Refused("source archive needs the address of the zip: set rocketmq_archive_url.")
        if self._source == "file" and not self._params["file"]:
            raise Refused("source file needs the path of the zip on the control node: set rocketmq_archive_file.")
        if self._source == "maven" and not self._params["jars"]:
            raise Refused(f"There is no lock of jars for {self._version}, so nothing from Maven can be verified.")

    def _beside(self) -> str:
        """The digest in the .sha512 beside the user's file."""
        path = pathlib.Path(self._params["file"] + ".sha512")
        if not path.is_file():
            raise Refused(
                f"Nothing says what {self._params['file']} has to be: put the published {path.name} beside it or set "
                "rocketmq_archive_sha512."
            )
        return published(str(path), lambda: path.read_text(encoding="utf-8", errors="replace"))

    def cached(self) -> str:
        """SHA-256 of the tar in the cache; empty if it is not there; refuses one that has changed."""
        if not (self.tar.is_file() and self._sum.is_file()):
            return ""
        expected = self._sum.read_text(encoding="ascii", errors="replace").strip()
        got = sha256(self.tar)
        if got != expected:
            raise Refused(
                f"{self.tar} has SHA-256 {got}, expected {expected}: it was changed after it was built. Remove it "
                "and run again."
            )
        return got

    def count(self) -> int:
        """Number of jars in the tar."""
        with tarfile.open(self.tar) as tar:
            return sum(name.endswith(".jar") for name in tar.getnames())

    def build(self) -> str:
        """Make the tar; SHA-256 of it. The last step is one rename, and nothing else stays behind."""
        self._cache.mkdir(parents=True, exist_ok=True)
        self._remove_stale()
        with tempfile.TemporaryDirectory(prefix=".building-", dir=self._cache) as name:
            work = pathlib.Path(name)
            fresh = work / "distribution.tar"
            write_tar(self._jars(work), fresh)
            digest = sha256(fresh)
            (work / "sum").write_text(digest + "\n", encoding="ascii")
            # Digest first: a tar without one is built again, a tar with another one's is refused.
            self.tar.unlink(missing_ok=True)
            (work / "sum").replace(self._sum)
            fresh.chmod(0o644)
            fresh.replace(self.tar)
        return digest

    def _remove_stale(self) -> None:
        """What runs that were killed left behind."""
        for path in self._cache.glob(".building-*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - _STALE_SECONDS:
                    shutil.rmtree(path)

    def _jars(self, work: pathlib.Path) -> list[pathlib.Path]:
        if self._source == "maven":
            jars = resolve(self._params["maven_command"], self._version, self._params["modules"], work)
            check(jars, self._params["jars"])
            return jars
        path, origin = self._zip(work)
        lib = work / "lib"
        lib.mkdir()
        verify_zip(path, origin, self._digest)
        return unzip_jars(path, origin, lib)

    def _zip(self, work: pathlib.Path) -> tuple[pathlib.Path, str]:
        if self._source == "file":
            path = pathlib.Path(self._params["file"])
            if not path.is_file():
                raise Refused(f"{path} is not there on the control node: see rocketmq_archive_file.")
            return path, str(path)
        url = self._params["url"]
        if not self._digest:
            self._digest = published(url + ".sha512", lambda: self._download.text(url + ".sha512"))
        path = work / "distribution.zip"
        self._download.to(url, path)
        return path, url


def run(module: AnsibleModule) -> dict[str, Any]:
    builder = Builder(module.params, Download(module.params["timeout"], module.params["attempts"]))
    digest = builder.cached()
    changed = not digest
    if changed and not module.check_mode:
        digest = builder.build()
    return {
        "changed": changed,
        "tar": str(builder.tar),
        "present": bool(digest),
        "sha256": digest,
        "jars": builder.count() if digest else 0,
        "version": module.params["version"],
    }


def fail(module: AnsibleModule, error: Exception) -> NoReturn:
    text = str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        text = (
            f"There is no room for the distribution in {module.params['cache_dir']} on the control node "
            f"({error.strerror}); what was begun is removed again. Make room (about 300 MB) or set "
            "rocketmq_cache_dir to another folder."
        )
    elif isinstance(error, OSError):
        text = f"{error.filename or module.params['cache_dir']} on the control node: {error.strerror or error}."
    module.fail_json(msg=text)
    raise AssertionError  # fail_json does not return


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "version": {"type": "str", "required": True},
            "source": {"type": "str", "required": True, "choices": ["archive", "file", "maven"]},
            "cache_dir": {"type": "path", "required": True},
            "url": {"type": "str", "default": ""},
            "file": {"type": "path", "default": ""},
            "sha512": {"type": "str", "default": ""},
            "maven_command": {"type": "str", "default": "mvn"},
            "modules": {"type": "list", "elements": "str", "default": ["broker", "namesrv", "tools", "client"]},
            "jars": {"type": "dict", "default": {}},
            "timeout": {"type": "int", "default": 60},
            "attempts": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except (Refused, MavenError, OSError) as error:
        fail(module, error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
