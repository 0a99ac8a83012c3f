"""python3 -m lab COMMAND: the local hosts, and everything a checkout needs to test and show itself."""

import sys

if sys.version_info < (3, 11):
    found = "{}.{}".format(*sys.version_info)
    sys.exit(
        f"lab: Python 3.11 or newer is needed, {sys.executable} is {found}; name one: `make PYTHON=python3.11 ...`"
    )

from argparse import ArgumentParser, RawDescriptionHelpFormatter

from . import _demo, _engine, _hosts, _image, _setup, _venv
from ._shell import main

COMMANDS = {
    "venv": (_venv.ensure, "the Python environment .venv and the link to the collection"),
    "engine": (_engine.ensure, "a container engine that answers"),
    "image": (lambda: print(_image.ensure()), "the image of a host; prints its name"),
    "prepare": (_setup.prepare, "these three and Maven: what tests on hosts need"),
    "up": (_setup.up, "the hosts of inventories/lab"),
    "down": (_hosts.down, "removes those hosts"),
    "status": (lambda: print(_hosts.status()), "which hosts there are, Molecule's included"),
    "console": (lambda: print(_demo.console()), "the console's jar; prints its path"),
    "demo": (_demo.demo, "a cluster on the hosts of inventories/lab"),
    "clean": (_setup.clean, "takes away everything that the lab and the tests made"),
}

listing = "\n".join(f"  {name:<9} {text}" for name, (_, text) in COMMANDS.items())
parser = ArgumentParser(prog="python3 -m lab", epilog=listing, formatter_class=RawDescriptionHelpFormatter)
parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
main(COMMANDS[parser.parse_args().command][0])
