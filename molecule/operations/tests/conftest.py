"""One cluster for all operations, and an application of the vendor's client that works while they run."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from typing import Any

import cluster
import pytest
from application import Application
from runs import Point, Run, kill, playbook

#: Followers copy a new topic every 10 s; the next leader has to know it.
TOPIC_COPIED = 12


class Operated:
    """The cluster at the version that it has by now."""

    version = ""

    def run(self, name: str, version: str = "", **variables: Any) -> Run:
        return playbook(f"playbooks/{name}.yml", self._all(version, variables))

    def done(self, name: str, version: str = "", **variables: Any) -> Run:
        """A playbook, which has to succeed."""
        run = self.run(name, version, **variables)
        assert run.status == 0, run.output[-6000:]
        self.version = version or self.version
        return run

    def killed(self, name: str, at: Point) -> None:
        run = playbook(f"playbooks/{name}.yml", self._all("", {}), at=at, then=kill)
        assert run.reached, f"the run ended before {at}:\n{run.output[-4000:]}"

    def interrupted(self, name: str, at: Point, command: str, host: str) -> Run:
        """A playbook, and a command on a host at that moment."""
        run = playbook(
            f"playbooks/{name}.yml", self._all("", {}), at=at, then=lambda _: cluster.host(host).check_output(command)
        )
        assert run.reached, f"the run ended before {at}:\n{run.output[-4000:]}"
        return run

    def _all(self, version: str, variables: dict[str, Any]) -> dict[str, Any]:
        return {"rocketmq_version": version or self.version, **variables}

    @contextlib.contextmanager
    def in_use(self, purpose: str) -> Iterator[None]:
        """The block leaves an application unharmed: no send failed, and all that was acknowledged was consumed."""
        folder = cluster.CACHE / "operations" / purpose
        shutil.rmtree(folder, ignore_errors=True)
        topic = f"{purpose}-{int(time.time())}"
        application = Application(cluster.NAMESRV, topic, groups=list(cluster.INSTANCES), folder=folder)
        application.create_topic(cluster.CLUSTER)
        time.sleep(TOPIC_COPIED)
        with application.working():
            yield
        verdict = application.verdict()
        print(f"{purpose}: {verdict}")
        assert verdict.unharmed, verdict


@pytest.fixture(scope="session")
def operated() -> Operated:
    """The cluster of the lab, on the oldest release."""
    found = Operated()
    run = playbook("site.yml", {"rocketmq_version": cluster.VERSION})
    assert run.status == 0, run.output[-6000:]
    found.version = cluster.VERSION
    return found


def permissions() -> set[str]:
    """What every member of every group says that clients may do; 6 is reading and writing."""
    found = set()
    for group, (port, _) in cluster.PORTS.items():
        for name, address in cluster.ADDRESSES.items():
            shown = cluster.host(name).check_output(
                "mqadmin getBrokerConfig -b %s | awk '$1 == \"brokerPermission\" {print $3}'", f"{address}:{port}"
            )
            assert shown, (group, name)
            found.add(shown)
    return found
