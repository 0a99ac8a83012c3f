"""Runs site.yml with changed settings on the living cluster while the vendor's client sends.

A changed identity is refused and stops nothing; a changed setting of one group restarts its members, one after the
other, and nothing else; what was acknowledged meanwhile is there.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import ledger
import mqadmin
import yaml
from cluster import ADDRESSES, CACHE, CLUSTER, INSTANCES, NAMESRV, PORTS, host, in_parallel, services, wait_until_whole

ROOT = Path(__file__).resolve().parents[2]
GROUP = "RaftNode01"
SETTING = {"maxMessageSize": 2097152}
#: What of the plan becomes another member, and words of the refusal.
IDENTITIES: list[tuple[dict[str, Any], str]] = [
    ({"members": {"rmq71": "n5", "rmq76": "n1", "rmq77": "n2"}}, "has the id n0 and would get n5"),
    ({"listen_port": 10931}, "has the port 10921 and would get 10931"),
    ({"dledger_port": 20931}, "has the peers"),
    ({"store": "/data/n1"}, "has the store /var/lib/rocketmq/n1/store and would get /data/n1"),
    ({"instance": "n9"}, "carries the member n0 of group RaftNode01 (instance n1)"),
]


def main() -> None:
    folder = CACHE / "reconfigure"
    shutil.rmtree(folder, ignore_errors=True)
    wait_until_whole()
    before = invocations()
    for change, words in IDENTITIES:
        refused = playbook("site.yml", groups(change))
        assert refused.returncode, f"{change} was not refused"
        assert words in " ".join(refused.stdout.split()), refused.stdout[-4000:]
    assert invocations() == before, "a refused run restarted something"

    client = ledger.Client(NAMESRV, f"reconfigure-{int(time.time())}", groups=list(INSTANCES), folder=folder)
    client.create_topic(CLUSTER)
    # Followers copy the new topic every 10 seconds; the next leader has to know it.
    time.sleep(12)
    started = time.monotonic()
    with client.sending(rate=100):
        done = playbook("site.yml", groups({"properties": {"sendMessageThreadPoolNums": 2, **SETTING}}))
        seconds = time.monotonic() - started
        wait_until_whole()
    assert done.returncode == 0, done.stdout[-4000:]
    after = invocations()
    restarted = {unit for unit, invocation in after.items() if before[unit] != invocation}
    assert restarted == {f"{name} rocketmq-broker@{INSTANCES[GROUP]}.service" for name in ADDRESSES}, restarted
    live = in_parallel(broker_config, list(ADDRESSES))
    assert {config["maxMessageSize"] for config in live.values()} == {str(SETTING["maxMessageSize"])}, live
    verdict = client.compare()
    assert verdict.good, verdict
    print(f"{len(IDENTITIES)} changed identities refused; {SETTING} of {GROUP} applied in {seconds:.0f} s,")
    print(f"only its three members restarted; {verdict}")


def groups(change: dict[str, Any]) -> list[dict[str, Any]]:
    """The broker groups of the lab with keys of GROUP changed."""
    variables = yaml.safe_load((ROOT / "inventories/lab/group_vars/rocketmq.yml").read_text(encoding="utf-8"))
    result: list[dict[str, Any]] = copy.deepcopy(variables["rocketmq_broker_groups"])
    next(entry for entry in result if entry["name"] == GROUP).update(change)
    return result


def playbook(name: str, broker_groups: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    inventory = str(Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent)
    extra = json.dumps({"rocketmq_broker_groups": broker_groups})
    command = ["ansible-playbook", str(ROOT / name), "--inventory", inventory, "--extra-vars", extra]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )


def invocations() -> dict[str, str]:
    """What changes whenever systemd starts a unit, by host and unit."""
    return {
        f"{name} {unit}": host(name).check_output("systemctl show --value --property InvocationID %s", unit)
        for name in ADDRESSES
        for unit in services(name)
    }


def broker_config(name: str) -> dict[str, str]:
    address = f"{ADDRESSES[name]}:{PORTS[GROUP][0]}"
    return mqadmin.properties(host(name).check_output("mqadmin getBrokerConfig -b %s", address))[address]


if __name__ == "__main__":
    main()
