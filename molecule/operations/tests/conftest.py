"""One cluster for all operations, and an application of the vendor's client that works while they run."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cluster
import pytest
from application import Application
from runs import Point, Run, kill, playbook

LOCK = "/var/lib/rocketmq/operation.json"
#: What the application of a test is for.
PURPOSES = ("upgrade", "rollback", "restart", "drain", "growth", "namesrv", "replace", "move", "kept")


class Operated:
    """The cluster at the version that it has by now."""

    version = ""

    def run(self, name: str, version: str = "", options: Sequence[str] = (), **variables: Any) -> Run:
        """A playbook; `options` are more words for ansible-playbook."""
        return playbook(f"playbooks/{name}.yml", self._all(version, variables), options=options)

    def done(self, name: str, version: str = "", options: Sequence[str] = (), **variables: Any) -> Run:
        """A playbook, which has to succeed."""
        run = self.run(name, version, options, **variables)
        assert run.status == 0, run.output[-6000:]
        self.version = version or self.version
        return run

    def killed(self, name: str, at: Point, version: str = "", options: Sequence[str] = (), **variables: Any) -> None:
        given = self._all(version, variables)
        run = playbook(f"playbooks/{name}.yml", given, options=options, at=at, then=kill)
        assert run.reached, f"the run ended before {at}:\n{run.output[-4000:]}"
        # What it has begun on a host goes on there.
        wait_until(lambda: not moving(), 240)

    def interrupted(self, name: str, at: Point, command: str, host: str, **variables: Any) -> Run:
        """A playbook, and a command on a host at that moment."""
        run = playbook(
            f"playbooks/{name}.yml",
            self._all("", variables),
            at=at,
            then=lambda _: cluster.host(host).check_output(command),
        )
        assert run.reached, f"the run ended before {at}:\n{run.output[-4000:]}"
        return run

    def _all(self, version: str, variables: dict[str, Any]) -> dict[str, Any]:
        return {"rocketmq_version": version or self.version, **variables}

    @contextlib.contextmanager
    def in_use(self, purpose: str, namesrv: Sequence[str] = tuple(cluster.NAMESRV)) -> Iterator[Application]:
        """The block leaves an application unharmed: no send failed, and all that was acknowledged was consumed."""
        folder = cluster.CACHE / "operations" / purpose
        shutil.rmtree(folder, ignore_errors=True)
        assert purpose.startswith(PURPOSES)
        topic = f"{purpose}-{int(time.time())}"
        application = Application(namesrv, topic, groups=list(cluster.INSTANCES), folder=folder)
        cluster.create_topic(application)
        with application.unharmed():
            yield application


@pytest.fixture(scope="session")
def operated() -> Operated:
    """The cluster of the lab, on the oldest release."""
    found = Operated()
    run = playbook("site.yml", {"rocketmq_version": cluster.VERSION})
    assert run.status == 0, run.output[-6000:]
    found.version = cluster.VERSION
    return found


def ended(purpose: str) -> str:
    """Consumer groups of all other applications: they have ended, and what they committed last reached no broker."""
    return ",".join(f"{one}-*" for one in PURPOSES if one != purpose)


def wait_until(holds: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not after {seconds:.0f} s"
        time.sleep(0.5)


def moving() -> bool:
    """Whether a unit of any host is about to start or to stop."""
    shown = "systemctl list-units --no-legend --state=activating,deactivating 'rocketmq-*'"
    return any(cluster.host(name).check_output(shown) for name in cluster.ADDRESSES)


def broker_settings() -> dict[str, dict[str, str]]:
    """What every broker says of itself, by address."""

    addresses = [address for group in cluster.PORTS for address in sorted(cluster.broker_addresses(group))]
    return cluster.in_parallel(cluster.broker_config, addresses)


def permissions() -> set[str]:
    """What every member of every group says that clients may do; 6 is reading and writing."""
    return {settings["brokerPermission"] for settings in broker_settings().values()}


def locked() -> bool:
    return cluster.host("rmq71").file(LOCK).exists
