# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the members of a fake broker group have in common: topics, consumer groups, messages, offsets."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import fake_frames
from fake_frames import CLUSTER, CONSUMER_GROUP, GROUP, TOPIC

#: Topic and consumer group -> queue -> the next message to read.
Offsets = dict[tuple[str, str], dict[int, int]]


class Stored(NamedTuple):
    """A message as it was sent, and when it came (ms)."""

    body: bytes
    at: int


class Versioned:
    """A table of objects by name, and the data version that counts its changes."""

    def __init__(self, rows: dict[str, dict[str, Any]], data_version: Mapping[str, Any]) -> None:
        self.rows = rows
        self.data_version = dict(data_version)

    def put(self, name: str, row: dict[str, Any]) -> None:
        self.rows[name] = row
        self.touch()

    def remove(self, name: str) -> None:
        if self.rows.pop(name, None) is not None:
            self.touch()

    def touch(self) -> None:
        self.data_version["counter"] += 1
        self.data_version["timestamp"] = int(time.time() * 1000)


class Store:
    """A group of a freshly started cluster, as the capture found it, under its own names."""

    def __init__(self, version: str, group: str = GROUP, cluster: str = CLUSTER) -> None:
        self.version = version
        self.group = group
        self._cluster = cluster
        fresh = fake_frames.body(version, "all_topics_fresh")
        self.topic_table = Versioned(self._renamed(fresh["topicConfigTable"]), fresh["dataVersion"])
        fresh = fake_frames.body(version, "all_groups_fresh")
        self.group_table = Versioned(dict(fresh["subscriptionGroupTable"]), fresh["dataVersion"])
        self.messages: dict[str, dict[int, list[Stored]]] = {}
        self.offsets: Offsets = {}
        #: Topic and consumer group whose offsets 5.x has reset: commits are ignored until consumers pull from there.
        self.just_reset: set[tuple[str, str]] = set()
        #: Consumer group -> topic -> the clients that are connected, as GET_CONSUMER_CONNECTION_LIST spells them.
        self.online: dict[str, dict[str, list[dict[str, Any]]]] = {}

    def _own(self, name: str) -> str:
        """Some system topics carry the name of the cluster or the group."""
        return name.replace(GROUP, self.group).replace(CLUSTER, self._cluster)

    def _renamed(self, table: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {self._own(name): {**topic, "topicName": self._own(name)} for name, topic in table.items()}

    def system_topics(self) -> list[str]:
        return [self._own(name) for name in fake_frames.body(self.version, "system_topics")["topicList"]]

    @property
    def topics(self) -> dict[str, list[bytes]]:
        """Topic -> the bodies of all its messages."""
        return {
            name: [message.body for queue in queues.values() for message in queue]
            for name, queues in self.messages.items()
        }

    def put_topic(self, name: str, **fields: Any) -> None:
        """Creates or replaces a topic; fields that are not said are those of the captured one."""
        template = fake_frames.body(self.version, "all_topics")["topicConfigTable"][TOPIC]
        self.topic_table.put(name, {**template, "topicName": name, **fields})

    def put_group(self, name: str, fields: Mapping[str, Any]) -> None:
        """Replaces a consumer group; fields that are not said get their defaults, unknown ones are dropped."""
        template = fake_frames.body(self.version, "all_groups")["subscriptionGroupTable"][CONSUMER_GROUP]
        said = {key: value for key, value in fields.items() if key in template}
        self.group_table.put(name, {**template, **said, "groupName": name})

    def append(self, topic: str, queue: int, body: bytes, at: int | None = None) -> int:
        """Stores a message and returns its offset. ``at``: milliseconds, now if not said."""
        messages = self.messages.setdefault(topic, {}).setdefault(queue, [])
        messages.append(Stored(body, int(time.time() * 1000) if at is None else at))
        return len(messages) - 1

    def queue(self, topic: str, queue: int) -> list[Stored]:
        return self.messages.get(topic, {}).get(queue, [])

    def drop_topic(self, name: str) -> None:
        self.topic_table.remove(name)
        self.messages.pop(name, None)

    def drop_offsets(self, topic: str = "", consumer_group: str = "") -> None:
        """Forgets the offsets of a topic, or of a consumer group."""
        self.offsets = {
            key: value for key, value in self.offsets.items() if topic != key[0] and consumer_group != key[1]
        }
