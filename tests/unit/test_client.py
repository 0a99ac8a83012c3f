# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Typed requests against the fake cluster, in every version that frames were captured from."""

from __future__ import annotations

import contextlib
import random
import struct
from collections.abc import Iterator

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _client, _remoting
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    NoNameServer,
    ProtocolError,
    RequestTimeout,
    ResponseError,
)

TOPIC = "probe"


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[fake_broker.FakeCluster]:
    with fake_broker.FakeCluster(request.param, groups=2, name_servers=2) as fake:
        yield fake


def leader(cluster: fake_broker.FakeCluster) -> fake_broker.FakeBroker:
    return cluster.brokers["RaftNode00"][0]


@pytest.mark.parametrize(
    ("ordinal", "version"),
    [
        (213, "4.0.0"),
        (355, "4.7.1"),
        (373, "4.8.0"),
        (393, "4.9.0"),
        (407, "4.9.7"),
        (413, "5.0.0"),
        (441, "5.1.4"),
        (479, "5.3.3"),
        (513, "5.5.0"),
        (611, "5.9.9"),
        (354, ""),
        (612, ""),
        (613, ""),
        (0, ""),
        (-1, ""),
        (211, ""),
    ],
)
def test_release(ordinal: int, version: str) -> None:
    assert _client.release(ordinal) == version


def test_cluster_info(cluster: fake_broker.FakeCluster) -> None:
    brokers = cluster.brokers["RaftNode01"]
    cluster.register("RaftNode01", {-1: brokers[0].address, 12: brokers[1].address})
    view = _client.first_view(cluster.namesrv, 1)
    assert view.version == cluster.version
    assert view.groups["RaftNode01"] == _client.Group("RaftCluster", {-1: brokers[0].address, 12: brokers[1].address})
    assert set(view.groups["RaftNode00"].brokers) == {0, 2, 3}


@pytest.mark.parametrize("version", fake_broker.VERSIONS)
def test_captured_unelected_group(version: str) -> None:
    """All members without a leader register under -1, each over the last one."""
    server = fake_broker.FakeNameServer(version)
    server.faults[106] = [fake_broker.error(version, "cluster_info_unelected")]
    group = _client.first_view([server.address], 1).groups["RaftNode00"]
    server.close()
    assert list(group.brokers) == [_client.UNELECTED]


def test_name_servers_are_tried_in_order(cluster: fake_broker.FakeCluster) -> None:
    first, second = cluster.name_servers
    _client.first_view(cluster.namesrv, 1)
    assert (first.codes(), second.codes()) == ([106], [])
    first.faults[106] = [fake_broker.silent]
    _client.first_view(cluster.namesrv, 0.2)
    assert second.codes() == [106]


def test_every_name_server_tried_is_named(cluster: fake_broker.FakeCluster) -> None:
    first, second = cluster.name_servers
    first.faults[106] = [fake_broker.silent]
    second.close()
    with pytest.raises(NoNameServer) as raised:
        _client.first_view([*cluster.namesrv, "no address"], 0.2)
    for text in (first.address, second.address, "'no address' is no address", "no answer within 0.2 s", "refused"):
        assert text in str(raised.value)


@pytest.mark.parametrize("fault", [fake_broker.no_body, fake_broker.strange_header])
def test_unexpected_answer(cluster: fake_broker.FakeCluster, fault: fake_broker.Fault) -> None:
    cluster.name_servers[0].faults[106] = [fault]
    with (
        _client.NameServer(cluster.namesrv[0], 1) as server,
        pytest.raises(ProtocolError, match="GET_BROKER_CLUSTER_INFO to 127"),
    ):
        server.cluster_info()
    leader(cluster).faults[28] = [fault]
    with (
        _client.Broker(leader(cluster).address, 1) as broker,
        pytest.raises(ProtocolError, match="GET_BROKER_RUNTIME_INFO to 127"),
    ):
        broker.runtime_info()


def test_acknowledgement_without_place(cluster: fake_broker.FakeCluster) -> None:
    leader(cluster).faults[310] = [fake_broker.error(cluster.version, "create_topic")]
    with _client.Broker(leader(cluster).address, 1) as broker, pytest.raises(ProtocolError, match="msgId"):
        broker.send(TOPIC, b"", "K")


def test_runtime_info(cluster: fake_broker.FakeCluster) -> None:
    leader(cluster).runtime.update({"putTps": "10.5 3.2 1.1", "getTotalTps": "", "commitLogMaxOffset": str(2**60 + 1)})
    with _client.Broker(leader(cluster).address, 1) as broker:
        info = broker.runtime_info()
    assert info.version == cluster.version
    assert info.number("putTps") == 10.5
    assert info.number("getTotalTps") is None
    assert info.number("absent") is None
    assert info.number("commitLogDirCapacity") is None
    assert info.integer("commitLogMaxOffset") == 2**60 + 1
    assert info.integer("putTps") is None


def test_version_without_runtime_key(cluster: fake_broker.FakeCluster) -> None:
    leader(cluster).runtime["brokerVersionDesc"] = ""
    with _client.Broker(leader(cluster).address, 1) as broker:
        assert broker.runtime_info().version == cluster.version


@pytest.mark.parametrize(
    "version", [version for version in fake_broker.VERSIONS if "runtime_info_booting" in fake_broker.INDEX[version]]
)
def test_booting_broker_is_asked_again(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "_BOOT_PAUSE", 0.01)
    booting = fake_broker.error(version, "runtime_info_booting")
    broker = fake_broker.FakeBroker(version)
    broker.faults[28] = [booting] * 3
    with _client.Broker(broker.address, 1) as client:
        assert client.runtime_info().version == version
        assert broker.codes() == [28] * 4
        monkeypatch.setattr(_client, "_BOOT_SECONDS", 0.05)
        broker.faults[28] = [booting] * 1000
        with pytest.raises(ResponseError, match="NoSuchElement"):
            client.runtime_info()
    broker.close()


def test_messages_go_in_and_out(cluster: fake_broker.FakeCluster) -> None:
    with _client.Broker(leader(cluster).address, 1) as broker:
        with pytest.raises(ResponseError) as raised:
            broker.send(TOPIC, b"x", "K")
        assert raised.value.code == _client.TOPIC_NOT_EXIST
        broker.create_topic(TOPIC)
        bodies = ["größe".encode(), b"", b"\0\xff" * 5000]
        sent = [broker.send(TOPIC, body, f"K{number}") for number, body in enumerate(bodies)]
        assert [item.queue_offset for item in sent] == [0, 1, 2]
        assert [message.body for message in broker.pull(TOPIC, 0, count=32)] == bodies
        (empty,) = broker.pull(TOPIC, 1)
        assert (empty.queue_offset, empty.body) == (1, b"")
        assert broker.pull(TOPIC, 3) == []
        assert broker.pull(TOPIC, 99) == []
        with pytest.raises(ResponseError, match="TOPIC_NOT_EXIST"):
            broker.pull("absent", 0)


def test_creates_a_topic_with_the_captured_fields(cluster: fake_broker.FakeCluster) -> None:
    """What our client sends is what the real broker was sent when the frames were captured."""
    wanted = {
        name: _remoting.decode(fake_broker.captured(cluster.version, name, "request")[4:]).ext
        for name in ("create_topic", "send", "pull")
    }
    with _client.Broker(leader(cluster).address, 1) as broker:
        broker.create_topic(wanted["create_topic"]["topic"])
        broker.send(wanted["send"]["b"], b"capture", "capture")
        broker.pull(wanted["pull"]["topic"], 0, count=32)
    create, send, pull = (request.ext for request in leader(cluster).log)
    assert create == wanted["create_topic"]
    assert {**send, "g": ""} == {**wanted["send"], "g": ""}
    assert pull == wanted["pull"]


def test_follower_refuses(cluster: fake_broker.FakeCluster) -> None:
    follower = cluster.brokers["RaftNode00"][1]
    with _client.Broker(follower.address, 1) as broker, pytest.raises(ResponseError, match="not the leader") as raised:
        broker.send(TOPIC, b"x", "K")
    assert "\n" not in str(raised.value)


def test_unknown_code_is_no_answer_or_an_error(cluster: fake_broker.FakeCluster) -> None:
    """Why codes must be gated by version: an old server says nothing at all."""
    answered = fake_broker.INDEX[cluster.version]["unknown_code_namesrv"]["response_code"]
    expected = RequestTimeout if answered is None else ResponseError
    with _remoting.Connection(cluster.namesrv[0], 0.2 if answered is None else 5) as server, pytest.raises(expected):
        server.call(_remoting.Request(9999, "UNKNOWN"))
    assert (answered is None) == (cluster.version < "5")


def test_damaged_messages() -> None:
    chance = random.Random(3)
    broker = fake_broker.FakeBroker("4.9.7")
    data = b"".join(broker.message(offset, b"body" * offset) for offset in range(4))
    broker.close()
    assert [message.queue_offset for message in _client.messages(data)] == [0, 1, 2, 3]
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with contextlib.suppress(ValueError, struct.error):
            _client.messages(bytes(damaged[: chance.randint(0, len(damaged))]))


def test_ipv6_hosts_in_messages() -> None:
    head = struct.pack(">iIiiiqqi", 0, 0xDAA320A7, 0, 0, 0, 7, 0, 0x30)
    tail = bytes(8 + 20) + struct.pack(">q", 1_700_000_000_123) + bytes(20 + 4 + 8)
    tail += struct.pack(">i", 2) + b"hi" + b"\x01T\0\0"
    data = struct.pack(">i", len(head) + len(tail)) + (head + tail)[4:]
    assert _client.messages(data) == [_client.Message(7, b"hi", 1_700_000_000_123)]
