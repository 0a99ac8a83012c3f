# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real clusters as contract tests see them: through the vendor's mqadmin and client, and the files of the leaders."""

from __future__ import annotations

import json
import pathlib
import re
import socket
import struct
import tempfile
import time
from abc import abstractmethod
from typing import Any

import ledger
import mqadmin
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from targets import Target, by_group, each

#: Brokers write consumer offsets to their disk every five seconds.
_PERSISTED_SECONDS = 12.0
_ATTEMPTS = 5
_NO_ANSWER = re.compile(r"Remoting(Timeout|Connect|SendRequest)Exception")
_TOPIC_KEYS = ("perm", "readQueueNums", "writeQueueNums")


class Real(Target):
    """Where a broker's files are and how mqadmin is run differs."""

    @abstractmethod
    def _file(self, address: str, name: str) -> str:
        """Text of a file below the broker's store/config; empty where it is not (yet)."""

    @abstractmethod
    def _changed_at(self, address: str, name: str) -> float:
        """Its time of change in seconds since the epoch, 0 where it is not."""

    @abstractmethod
    def _run_mqadmin(self, *arguments: str) -> tuple[str, str]:
        """What it prints, and to where errors go."""

    def _mqadmin(self, *arguments: str) -> str:
        """What it prints. It ends well also where no server answered it in time, as on a busy machine: then again."""
        for _ in range(_ATTEMPTS):
            output, errors = self._run_mqadmin(*arguments)
            if not _NO_ANSWER.search(output + errors):
                return output
        raise AssertionError(f"mqadmin {' '.join(arguments)}: {errors}")

    def leader(self, group: str) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            address = self._brokers(group).get("0")
            if address:
                return address
            time.sleep(0.2)
        raise AssertionError(f"{group} has no leader")

    def members(self, group: str) -> list[str]:
        return list(self._brokers(group).values())

    def _brokers(self, group: str) -> dict[str, str]:
        table = mqadmin.loads(body(ask(self.namesrv[0], 106)).decode())["brokerAddrTable"]
        return dict(table[group]["brokerAddrs"])

    def topic(self, group: str, name: str) -> dict[str, Any] | None:
        return self._entry(group, "topics.json", "topicConfigTable", name)

    def consumer_group(self, group: str, name: str) -> dict[str, Any] | None:
        return self._entry(group, "subscriptionGroup.json", "subscriptionGroupTable", name)

    def _entry(self, group: str, file: str, table: str, name: str) -> dict[str, Any] | None:
        found = mqadmin.loads(self._file(self.leader(group), file))[table].get(name)
        return None if found is None else dict(found)

    def route(self, namesrv: str, name: str) -> dict[str, dict[str, int]] | None:
        said = mqadmin.route(self._mqadmin("topicRoute", "-n", namesrv, "-t", name))
        return (
            None if said is None else {group: {key: data[key] for key in _TOPIC_KEYS} for group, data in said.items()}
        )

    def ordered_route(self, namesrv: str, name: str) -> str | None:
        return mqadmin.ordered_route(self._mqadmin("topicRoute", "-n", namesrv, "-t", name))

    def order(self, namesrv: str, name: str) -> dict[str, int]:
        return by_group(mqadmin.order(self._mqadmin("updateOrderConf", "-n", namesrv, "-t", name, "-m", "get")))

    def list_order(self, name: str, value: str | None, *namesrv: str) -> None:
        how = ("-m", "delete") if value is None else ("-m", "put", "-v", value)
        self._mqadmin("updateOrderConf", "-n", ";".join(namesrv or self.namesrv), "-t", name, *how)

    def broker_config(self, address: str) -> dict[str, str]:
        return mqadmin.properties(self._mqadmin("getBrokerConfig", "-n", self.namesrv[0], "-b", address))[address]

    def set_brokers(self, key: str, value: str) -> None:
        members = [address for group in self.groups for address in self.members(group)]
        each(lambda address: self._mqadmin("updateBrokerConfig", "-b", address, "-k", key, "-v", value), members)

    def namesrv_config(self, address: str) -> dict[str, str]:
        return mqadmin.properties(self._mqadmin("getNamesrvConfig", "-n", address))[address]

    def consumer_offsets(self, group: str, topic: str, consumer_group: str) -> dict[int, int]:
        leader, asked = self.leader(group), time.time()
        while self._changed_at(leader, "consumerOffset.json") <= asked < time.time() < asked + _PERSISTED_SECONDS:
            time.sleep(0.2)
        table = mqadmin.loads(self._file(leader, "consumerOffset.json") or '{"offsetTable":{}}')["offsetTable"]
        return {int(queue): offset for queue, offset in table.get(f"{topic}@{consumer_group}", {}).items()}

    def send(self, group: str, topic: str, count: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            client = ledger.Client(self.namesrv, topic, groups=[group], folder=pathlib.Path(folder))
            assert len(client.send(count)) == count

    def tables(self) -> dict[str, bytes]:
        found = {}
        for group in self.groups:
            leader = self.leader(group)
            found[f"topics {group}"] = ask(leader, 21)
            found[f"consumer groups {group}"] = ask(leader, 201)
            found[f"offsets {group}"] = _without_version(ask(leader, 43))
            found.update({f"settings {address}": ask(address, 26) for address in self.members(group)})
        for server in self.namesrv:
            found[f"settings {server}"] = ask(server, 319)
            found[f"ordered {server}"] = ask(server, 219, {"namespace": "ORDER_TOPIC_CONFIG"})
            for topic in mqadmin.loads(body(ask(server, 206)).decode())["topicList"]:
                found[f"route {topic} {server}"] = body(ask(server, 105, {"topic": topic}))
        return found


def ask(address: str, code: int, fields: dict[str, Any] | None = None) -> bytes:
    """The raw answer."""
    with socket.create_connection(_remoting.split_address(address), timeout=10) as connected:
        connected.sendall(_remoting.encode(code, 1, fields))
        stream = connected.makefile("rb")
        head = stream.read(4)
        return head + stream.read(struct.unpack(">i", head)[0])


def body(answer: bytes) -> bytes:
    return answer[8 + struct.unpack_from(">i", answer, 4)[0] :]


def _without_version(answer: bytes) -> bytes:
    """Offsets of those that nobody asked for (5.x reads its own topics all the time) and the count of commits do not
    say whether we wrote."""
    table = mqadmin.loads(body(answer).decode())["offsetTable"]
    kept = {key: value for key, value in table.items() if not key.startswith(("rmq_sys_", "%RETRY%"))}
    return json.dumps(kept, sort_keys=True).encode()


class Local(Real):
    """A cluster on this machine, from a JSON file: ``{version, cluster, namesrv: [address], groups: {name: [address]},
    stores: {address: folder}, home: folder of conf/ and lib/, java_options: [...]}``."""

    def __init__(self, path: str) -> None:
        self._said = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.version = self._said["version"]
        self.namesrv = self._said["namesrv"]
        self.cluster = self._said["cluster"]
        self.groups = sorted(self._said["groups"])

    def _path(self, address: str, name: str) -> pathlib.Path:
        return pathlib.Path(self._said["stores"][address]) / "config" / name

    def _file(self, address: str, name: str) -> str:
        path = self._path(address, name)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _changed_at(self, address: str, name: str) -> float:
        path = self._path(address, name)
        return path.stat().st_mtime if path.exists() else 0.0

    def _run_mqadmin(self, *arguments: str) -> tuple[str, str]:
        return mqadmin.run(self._said["home"], self._said["java_options"], *arguments)


class Molecule(Real):
    """The cluster that Molecule deployed (molecule/default/cluster.py)."""

    def __init__(self) -> None:
        import cluster

        self._cluster = cluster
        self.version = cluster.VERSION
        self.namesrv = list(cluster.NAMESRV)
        self.cluster = cluster.CLUSTER
        self.groups = sorted(cluster.PORTS)

    def _host(self, address: str) -> Any:
        return self._cluster.host(self._cluster.host_of(address))

    def _path(self, address: str, name: str) -> str:
        port = int(address.rpartition(":")[2])
        group = next(group for group, (listen, _dledger) in self._cluster.PORTS.items() if listen == port)
        return f"/var/lib/rocketmq/{self._cluster.INSTANCES[group]}/store/config/{name}"

    def _file(self, address: str, name: str) -> str:
        return str(self._host(address).run("cat %s", self._path(address, name)).stdout)

    def _changed_at(self, address: str, name: str) -> float:
        return float(self._host(address).run("stat -c %%.Y %s", self._path(address, name)).stdout or 0)

    def _run_mqadmin(self, *arguments: str) -> tuple[str, str]:
        words = " ".join(["mqadmin", *("%s" for _ in arguments)])
        ran = self._cluster.host("rmq71").run_expect([0], words, *arguments)
        return ran.stdout, ran.stderr
