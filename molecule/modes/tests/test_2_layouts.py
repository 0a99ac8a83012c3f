"""The layouts of other people's deployments, as examples that deploy."""

from __future__ import annotations

from collections.abc import Iterator

import checks
import cluster
import ledger
import mqadmin
import pytest
from conftest import chosen
from deployment import Deployment
from layouts import LAYOUTS, Group
from machines import reboot

pytestmark = chosen([("single", "4.9.7"), ("developer", "4.9.7"), ("growing", "4.9.7"), ("data_on_a_mount", "5.5.0")])
DISK = "/srv/disk"
UNIT = "data-rocketmq.mount"
MOUNT = f"""[Mount]
What={DISK}
Where=/data/rocketmq
Type=none
Options=bind
[Install]
WantedBy=local-fs.target
"""


@pytest.fixture(scope="module", autouse=True)
def disk() -> Iterator[None]:
    """What is below /data/rocketmq is on a disk of its own, before anything is deployed, and when all is gone."""
    for host in ("rmq71", "rmq76"):
        cluster.host(host).check_output(
            f"mkdir -p {DISK} && printf %s > /etc/systemd/system/{UNIT} && systemctl daemon-reload && "
            f"systemctl enable --now {UNIT}",
            MOUNT,
        )
    yield
    for host in ("rmq71", "rmq76"):
        cluster.host(host).check_output(
            f"systemctl disable --now {UNIT} && rm /etc/systemd/system/{UNIT} && rmdir {DISK} && rm -r /data && "
            "systemctl daemon-reload"
        )


def test_deploys_as_the_example_has_it(deployment: Deployment) -> None:
    checks.is_as_planned(deployment)
    checks.gives_back_what_it_acknowledged(deployment)


def test_the_developers_machine(deployment: Deployment) -> None:
    if deployment.example != "developer":
        pytest.skip("of another example")
    page = cluster.host("rmq71").check_output(
        "python3 -c %s", "import urllib.request as r; print(r.urlopen('http://198.18.72.71:8080/').read().decode())"
    )
    assert "<li>198.18.72.71:9876</li>" in page
    assert "198.18.72.77:9876" not in page
    address = "198.18.72.77:10921"
    shown = cluster.host("rmq77").check_output("mqadmin getBrokerConfig -b %s", address)
    config = mqadmin.properties(shown)[address]
    assert (config["autoCreateTopicEnable"], config["sendMessageThreadPoolNums"]) == ("false", "4")


def test_a_third_group_is_one_more_entry(deployment: Deployment) -> None:
    if deployment.example != "growing":
        pytest.skip("of another example")
    before = _invocations(deployment)
    entries = [
        *(
            {"name": f"broker-{n}", "instance": f"b{n}", "mode": "master", "listen_port": 10911, "members": [host]}
            for n, host in enumerate(("rmq71", "rmq76"))
        ),
        {"name": "broker-2", "instance": "b2", "mode": "master", "listen_port": 10921, "members": ["rmq71"]},
    ]
    deployment.run("site.yml", rocketmq_broker_groups=entries)
    groups = {**LAYOUTS["growing"].groups, "broker-2": Group("b2", 10921, {"rmq71": {0}})}
    members = {
        name: {f"{cluster.ADDRESSES[host]}:{own.port}": ids for host, ids in own.ids.items()}
        for name, own in groups.items()
    }
    cluster.wait_until_whole(members=members, namesrv=deployment.namesrv)
    assert _invocations(deployment) == before, "what was there before has been started anew"
    client = ledger.Client(deployment.namesrv, "grown", groups=list(groups), folder=deployment.folder / "grown")
    client.create_topic(deployment.layout.cluster)
    assert {message.group for message in client.send(300)} == set(groups)
    assert client.compare().good


def test_data_is_on_the_mount(deployment: Deployment) -> None:
    if deployment.example != "data_on_a_mount":
        pytest.skip("of another example")
    for host in ("rmq71", "rmq76"):
        assert cluster.host(host).check_output(f"ls {DISK}/a/store/commitlog")
        assert cluster.host(host).check_output("find / -xdev -name commitlog -not -path '/srv/*'") == ""
    client = deployment.client("mount")
    client.send(100)
    # Its own disk comes first at boot.
    reboot("rmq71")
    deployment.wait_until_whole()
    assert client.compare().good


def _invocations(deployment: Deployment) -> dict[str, str]:
    """What changes whenever systemd starts a unit of the example."""
    found = {}
    for host, units in deployment.layout.units.items():
        for unit in sorted(units):
            shown = cluster.host(host).check_output("systemctl show --value --property=InvocationID %s", unit)
            found[f"{host} {unit}"] = shown
    return found
