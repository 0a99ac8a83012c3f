"""`make demo`: from an empty machine to a running cluster, and the screen that says what to do with it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from . import _hosts, _setup
from ._shell import ROOT, STATE, VENV, LabError, phase, run, show

OWN_CONSOLE = "ROCKETMQ_DASHBOARD_JAR"
STAND_IN = ROOT / "tests/clients/console-stand-in/build.py"


def demo() -> None:
    with phase("all of the demo"):
        _setup.up()
        with phase("console"):
            console()
        with phase("deployment with site.yml"):
            show(str(VENV / "bin/ansible-playbook"), "-i", "inventories/lab", "site.yml")
    print(screen())


def console() -> Path:
    """The console's jar where inventories/lab looks for it, its sha256 beside it.

    The user's own, or a stand-in, because Apache publishes its source only.
    """
    jar = STATE / "console.jar"
    if OWN_CONSOLE not in os.environ:
        run(sys.executable, str(STAND_IN), str(jar))
        return jar
    own = Path(os.environ[OWN_CONSOLE])
    if not own.is_file():
        raise LabError(f"{OWN_CONSOLE} names {own}, which is not a file")
    shutil.copyfile(own, jar)
    Path(f"{jar}.sha256").write_text(hashlib.sha256(jar.read_bytes()).hexdigest() + "\n")
    return jar


def screen() -> str:
    """The last screen: where everything listens, what to try, how to stop."""
    [console_address] = _hosts.group("rocketmq_dashboard")
    # From RocketMQ's own tool, on a host, as an unprivileged user.
    table = run(*_hosts.ssh(console_address, "mqadmin", "clusterList"))
    stand_in = f"""
                  a stand-in page: Apache publishes the console as source only;
                  `make demo {OWN_CONSOLE}=/path/to/rocketmq-dashboard.jar` runs a real one"""
    return f"""
{table}
A RocketMQ cluster runs on {len(_hosts.inventory())} systemd hosts on this machine.
  console         http://{console_address}:19876{"" if OWN_CONSOLE in os.environ else stand_in}
  name servers    {";".join(f"{address}:9876" for address in _hosts.group("rocketmq_namesrv"))}

Try next
  ask the cluster how it is          .venv/bin/ansible-playbook -i inventories/lab playbooks/verify.yml
  stop a broker and see who takes over
                                     docker exec rmq71 systemctl stop rocketmq-broker@n0
                                     .venv/bin/ansible-playbook -i inventories/lab playbooks/status.yml
  look around on a host              docker exec -it rmq71 bash

Stop and take everything away: make clean
"""
