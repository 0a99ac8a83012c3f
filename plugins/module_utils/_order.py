# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ordered topics, as each name server lists them: an entry names broker groups and how many queues producers use there.

Brokers look at the list whenever they register. Before 5.1.0 it is all that they have the flag of a topic from,
whatever groups the entry names; younger ones take the flag from who writes the topic, and set it where there is an
entry. Clients are told the entry by name servers with orderMessageEnable, and producers then use nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.rocketmq.cluster.plugins.module_utils import _cluster, _fastjson, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import NameServer, at_least
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ResponseError
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Request
from ansible_collections.rocketmq.cluster.plugins.module_utils._topics import Table

PUT = Request(100, "PUT_KV_CONFIG")
DELETE = Request(102, "DELETE_KV_CONFIG")
LIST = Request(219, "GET_KVLIST_BY_NAMESPACE")

#: The release from which on brokers take the flag from who writes the topic.
FLAG_SINCE = "5.1.0"

_NAMESPACE = "ORDER_TOPIC_CONFIG"
_NOT_FOUND = 22

#: Broker group -> number of queues, as the name server spells it.
Entry = dict[str, str]
#: Name server -> topic -> entry.
Lists = dict[str, dict[str, Entry]]


def lists(cluster: Cluster) -> Lists:
    """Raises RocketMQError unless every name server answers."""

    def asked(address: str) -> dict[str, Entry]:
        with NameServer(address, cluster.timeout) as server:
            return listed(server)

    return _cluster.required(_overview.parallel(asked, cluster.namesrv))


def listed(server: NameServer) -> dict[str, Entry]:
    """Topic -> entry, as one name server has it. Raises RocketMQError."""
    return {topic: _entry(value) for topic, value in table(server, _NAMESPACE).items()}


def table(server: NameServer, namespace: str) -> dict[str, str]:
    """A key-value table of one name server; empty where nothing was ever in it. Raises RocketMQError."""
    try:
        answer = server.call(LIST, {"namespace": namespace})
    except ResponseError as error:
        if error.code == _NOT_FOUND:
            return {}
        raise
    try:
        return {str(key): str(value) for key, value in _fastjson.loads(answer.body)["table"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise server.unexpected(LIST, repr(error)) from None


def _entry(value: str) -> Entry:
    """``RaftNode00:8;RaftNode01:8``."""
    parts = (part.partition(":") for part in value.split(";") if part)
    return {group: queues for group, _colon, queues in parts}


def needed(tables: Mapping[str, Table]) -> bool:
    """Whether some leader has its flags from the lists alone."""
    return not all(at_least(table.version, FLAG_SINCE) for table in tables.values())


def agreed(tables: Mapping[str, Table], found: Lists) -> dict[str, Table]:
    """The tables with ``order`` as leaders and lists say it together: None where they do not (yet) fit."""
    names = {name for own in found.values() for name in own}

    def of(group: str, table: Table) -> Table:
        told = {
            name: topic._replace(fields={**topic.fields, "order": _agreed(table, group, name, found)})
            for name, topic in table.topics.items()
            if name in names or topic.fields["order"]
        }
        return table._replace(topics={**table.topics, **told})

    return {group: of(group, table) for group, table in tables.items()}


def _agreed(table: Table, group: str, name: str, found: Lists) -> bool | None:
    """A topic is ordered in a group when the lists name the group, with all its queues, and the leader knows it.

    Another group's entry makes the leader set the flag as well.
    """
    fields = table.topics[name].fields
    entries = [own[name] for own in found.values() if name in own]
    queues = {entry[group] for entry in entries if group in entry}
    flag = bool(fields["order"])
    if at_least(table.version, FLAG_SINCE):
        return None if queues and not flag else flag
    if flag and queues == {str(fields["write_queues"])}:
        return True
    return False if not queues and (entries or not flag) else None


def write(cluster: Cluster, changes: Sequence[Change]) -> Errors:
    """Changes of entries, each at the name server that is its place. Raises nothing."""
    return _cluster.tell_name_servers(changes, cluster.timeout, _put)


def _put(server: NameServer, change: Change) -> None:
    key = {"namespace": _NAMESPACE, "key": change.name}
    if change.after:
        value = ";".join(f"{group}:{queues}" for group, queues in change.after.items())
        server.call(PUT, {**key, "value": value})
    else:
        server.call(DELETE, key)
