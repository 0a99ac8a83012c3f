# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Topics of a cluster: what the leader of each broker group has, and what each name server tells clients of it.

A topic lives in every broker group by itself; the name servers learn it from the leaders. It is there when both agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _cluster, _fastjson, _items, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import (
    CREATE_TOPIC,
    READ_AND_WRITE,
    TOPIC_NOT_EXIST,
    Broker,
    NameServer,
    at_least,
    creation,
    release,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ResponseError, RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Frame, Request

ALL_TOPICS = Request(21, "GET_ALL_TOPIC_CONFIG")
SYSTEM_TOPICS = Request(305, "GET_SYSTEM_TOPIC_LIST_FROM_BROKER")
ROUTE = Request(105, "GET_ROUTEINFO_BY_TOPIC")
DELETE_IN_BROKER = Request(215, "DELETE_TOPIC_IN_BROKER")
DELETE_IN_NAMESRV = Request(216, "DELETE_TOPIC_IN_NAMESRV")

#: The release from which on topics have attributes; older ones ignore them silently.
ATTRIBUTES_SINCE = "5.0.0"
MESSAGE_TYPE = "message.type"
#: message_probe's and failover_watch's; nobody's data.
PROBE_TOPIC = "rocketmq_cluster_probe"
DRILL_TOPIC = "rocketmq_cluster_drill"

_SYSTEM_PREFIXES = ("%RETRY%", "%DLQ%", "rmq_sys_", "RMQ_SYS_", "%SYS%")
_SYSTEM_NAMES = frozenset({PROBE_TOPIC, DRILL_TOPIC, "DefaultHeartBeatSyncerTopic", "CHECKPOINT_TOPIC", "TBW102"})


class Topic(NamedTuple):
    """A topic of one broker: ``fields`` in the words of the modules, and what they leave as it is."""

    fields: dict[str, Any]
    filter_type: str
    sys_flag: int


class Table(NamedTuple):
    """What a leader says: its release, its topics, which of them are RocketMQ's, its permission."""

    version: str
    topics: dict[str, Topic]
    system: frozenset[str]
    permission: int


#: What clients are told of a topic in one group: permission, read queues, write queues.
Route = tuple[int, int, int]


class State(NamedTuple):
    """``routes``: name server -> topic -> group -> route, for the topics that were asked about.

    ``orders``: name server -> topic -> group -> queues, of all topics that it lists as ordered.
    """

    cluster: Cluster
    tables: dict[str, Table]
    routes: dict[str, dict[str, dict[str, Route]]]
    orders: dict[str, dict[str, dict[str, str]]]

    def route_of(self, name: str, group: str) -> Route | None:
        """What clients should be told. A broker that lacks one limits its topics', before 5.0 it replaces them."""
        own = self.tables[group]
        topic = own.topics.get(name)
        if topic is None:
            return None
        permission = topic.fields["permission"]
        if own.permission & READ_AND_WRITE != READ_AND_WRITE:
            permission = own.permission & (permission if at_least(own.version, "5.0.0") else own.permission)
        return permission, topic.fields["read_queues"], topic.fields["write_queues"]


def is_system(cluster: Cluster, tables: Mapping[str, Table], name: str) -> bool:
    """Whether RocketMQ (or this collection) made the topic for itself."""
    return (
        name.startswith(_SYSTEM_PREFIXES)
        or name in _SYSTEM_NAMES
        or name in (cluster.name, f"{cluster.name}_REPLY_TOPIC")
        or name in cluster.groups
        or any(name in table.system for table in tables.values())
    )


def own_names(cluster: Cluster, tables: Mapping[str, Table]) -> list[str]:
    """The names of all topics but RocketMQ's."""
    names = sorted({name for table in tables.values() for name in table.topics})
    return [name for name in names if not is_system(cluster, tables, name)]


def tables(cluster: Cluster, groups: Iterable[str]) -> dict[str, Table]:
    """Group -> the topics of its leader. Raises RocketMQError."""
    return cluster.ask_leaders(groups, table)


def all_routes(cluster: Cluster, names: Sequence[str]) -> dict[str, dict[str, dict[str, Route]]]:
    """Name server -> topic -> group -> route. Raises RocketMQError unless every name server answers."""

    def asked(address: str) -> dict[str, dict[str, Route]]:
        with NameServer(address, cluster.timeout) as server:
            return routes(server, names)

    return _cluster.required(_overview.parallel(asked, cluster.namesrv))


def table(broker: Broker, settings: Settings) -> Table:
    """All topics of one broker, whose settings these are. Raises RocketMQError."""
    answer = broker.call(ALL_TOPICS)
    system = broker.call(SYSTEM_TOPICS)
    try:
        topics = {str(name): _topic(entry) for name, entry in _fastjson.loads(answer.body)["topicConfigTable"].items()}
        names = frozenset(str(name) for name in _fastjson.loads(system.body)["topicList"])
        permission = int(settings.get("brokerPermission", READ_AND_WRITE))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise broker.unexpected(ALL_TOPICS, repr(error)) from None
    return Table(release(answer.version), topics, names, permission)


def routes(server: NameServer, names: Sequence[str]) -> dict[str, dict[str, Route]]:
    """Topic -> group -> route, as one name server knows it; nothing for a topic that it does not know.

    Raises RocketMQError.
    """
    # Topics that look alike have the same answer to the byte, and clusters have thousands of those.
    known: dict[bytes, dict[str, Route]] = {}
    found: dict[str, dict[str, Route]] = {}
    for name, answer in zip(names, server.calls(ROUTE, [({"topic": name}, b"") for name in names])):
        if isinstance(answer, Frame):
            if answer.body not in known:
                known[answer.body] = _route(server, answer.body)
            found[name] = known[answer.body]
        elif isinstance(answer, ResponseError) and answer.code == TOPIC_NOT_EXIST:
            found[name] = {}
        else:
            raise answer
    return found


def _route(server: NameServer, body: bytes) -> dict[str, Route]:
    try:
        return {
            str(queues["brokerName"]): (
                int(queues["perm"]),
                int(queues["readQueueNums"]),
                int(queues["writeQueueNums"]),
            )
            for queues in _fastjson.loads(body)["queueDatas"]
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise server.unexpected(ROUTE, repr(error)) from None


def _topic(entry: Mapping[str, Any]) -> Topic:
    """A topic as brokers spell it. Raises AttributeError, KeyError, TypeError, ValueError."""
    fields = {
        "read_queues": int(entry["readQueueNums"]),
        "write_queues": int(entry["writeQueueNums"]),
        "permission": int(entry["perm"]),
        "order": bool(entry.get("order", False)),
        "attributes": {str(key): str(value) for key, value in (entry.get("attributes") or {}).items()},
    }
    return Topic(fields, str(entry.get("topicFilterType", "SINGLE_TAG")), int(entry.get("topicSysFlag", 0)))


def route_fields(route: Route | None) -> dict[str, Any] | None:
    """A route in the words of the modules."""
    return None if route is None else dict(zip(("permission", "read_queues", "write_queues"), route))


def items(tables: Mapping[str, Table], names: Iterable[str]) -> list[dict[str, Any]]:
    """The topics as M(topics) takes them."""

    def shown(group: str, name: str) -> dict[str, Any] | None:
        topic = tables[group].topics.get(name)
        if topic is None:
            return None
        hidden = () if at_least(tables[group].version, ATTRIBUTES_SINCE) else ("attributes",)
        return {key: value for key, value in topic.fields.items() if key not in hidden and value is not None}

    return _items.told(tables, names, shown)


def write(broker: Broker, topics: Sequence[tuple[str, Mapping[str, Any], Topic | None]]) -> list[Frame | RocketMQError]:
    """Creates or changes topics, each ``(name, fields, the broker's own of now)``. Raises nothing."""
    return broker.calls(CREATE_TOPIC, [(_creation(*topic), b"") for topic in topics])


def _creation(name: str, wanted: Mapping[str, Any], now: Topic | None) -> dict[str, Any]:
    had = now.fields["attributes"] if now else {}
    attributes = [f"+{key}={value}" for key, value in wanted["attributes"].items() if had.get(key) != value]
    attributes += [f"-{key}" for key in had if key not in wanted["attributes"]]
    plain = [wanted[option] for option in ("read_queues", "write_queues", "permission")]
    plain.append(bool(wanted["order"]))
    kept = (now.filter_type, now.sys_flag) if now else ()
    return {**creation(name, *plain, *kept), **({"attributes": ",".join(attributes)} if attributes else {})}


def delete(broker: Broker, names: Sequence[str]) -> list[Frame | RocketMQError]:
    """Deletes topics with their messages in one group. Raises nothing."""
    return broker.calls(DELETE_IN_BROKER, [({"topic": name}, b"") for name in names])


def forget(server: NameServer, cluster: str, names: Sequence[str]) -> list[Frame | RocketMQError]:
    """Makes a name server forget topics in all groups; those that still have one must be written again. Raises nothing.

    No broker does it by itself before 5.x: their registrations only ever add topics.
    """
    return server.calls(DELETE_IN_NAMESRV, [({"topic": name, "clusterName": cluster}, b"") for name in names])
