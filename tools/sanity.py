"""ansible-test sanity on a real copy of the collection, in .cache/sanity; extra arguments go to ansible-test.

Why not in the checkout: ansible-test wants to stand in ansible_collections/<namespace>/<name> and refuses a link.
Its own home folder is in the cache too, so that nothing is left in the user's.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache/sanity"
COPY = CACHE / "ansible_collections/rocketmq/cluster"
HOME = CACHE / "home"
# What a user of the collection gets, and the lists of what sanity tests may overlook.
PARTS = ["galaxy.yml", "README.md", "changelogs", "docs", "meta", "playbooks", "plugins", "roles", "tests/sanity"]
# ansible-test downloads pip's installer from a host that many networks do not reach; Python carries one itself.
GET_PIP = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "pip", "install", *arguments])
"""


def copy() -> None:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *PARTS]
    files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    shutil.rmtree(COPY, ignore_errors=True)
    for file in filter(None, files):
        if (ROOT / file).is_file():
            (COPY / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, COPY / file)
    # Without a repository of its own, ansible-test asks the checkout's, which ignores .cache.
    subprocess.run(["git", "init", "--quiet"], cwd=COPY, check=True)


def home() -> None:
    stand_in = HOME / ".ansible/test/cache/get_pip_24_2.py"
    stand_in.parent.mkdir(parents=True, exist_ok=True)
    stand_in.write_text(GET_PIP)
    # ansible-test hides the environment from pip, so the user's settings go into a file.
    settings = configparser.RawConfigParser()
    settings.read([Path("~/.pip/pip.conf").expanduser(), Path("~/.config/pip/pip.conf").expanduser()])
    given = {name[4:].lower().replace("_", "-"): value for name, value in os.environ.items() if name[:4] == "PIP_"}
    settings.read_dict({"global": {"quiet": "1", **given}})
    file = HOME / ".config/pip/pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as opened:
        settings.write(opened)


def main() -> int:
    copy()
    home()
    program = str(Path(sys.executable).parent / "ansible-test")
    version = "{}.{}".format(*sys.version_info)
    command = [program, "sanity", "--color", "no", "--python", version, *sys.argv[1:]]
    return subprocess.run(command, cwd=COPY, env={**os.environ, "HOME": str(HOME)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
