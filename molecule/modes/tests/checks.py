"""What holds for every example once it is deployed."""

from __future__ import annotations

import cluster
from deployment import Deployment


def is_as_planned(deployment: Deployment) -> None:
    """Exactly the processes and members of the example, by the vendor's own tool; a second run has nothing to do."""
    layout = deployment.layout
    version = f"V{deployment.version.replace('.', '_')}"
    for name_server, members in deployment.wait_until_whole().items():
        assert {(member.cluster, member.version) for member in members} == {(layout.cluster, version)}, name_server
    again = deployment.run("site.yml")
    assert set(again.changed.values()) == {0}, again.output[-4000:]
    restarts = deployment.restarts()
    assert {host: set(units) for host, units in restarts.items()} == layout.units
    assert not [(host, unit) for host, units in restarts.items() for unit, count in units.items() if count], restarts


def gives_back_what_it_acknowledged(deployment: Deployment, count: int = 300) -> None:
    client = deployment.client("messages")
    sent = client.send(count)
    verdict = client.compare()
    assert verdict.good, verdict
    assert verdict.acknowledged == count, verdict
    assert {message.group for message in sent} == set(deployment.layout.groups)


def is_gone(host: str) -> bool:
    """Whether nothing of a cluster is left on a host but the JDK."""
    folders = "/opt/rocketmq /etc/rocketmq /var/lib/rocketmq /var/log/rocketmq"
    files = "/etc/systemd/system/rocketmq* /usr/local/bin/mqadmin"
    return cluster.host(host).run(f"! ls -d {folders} {files} 2>/dev/null && ! pgrep java && ! id rocketmq").rc == 0
