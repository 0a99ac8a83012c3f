# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A name server: it knows the brokers that a test registers, what their leaders told it of topics, and any lists."""

from __future__ import annotations

import json
from typing import Any

import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_frames import ABSENT
from fake_properties import Properties
from fake_server import FakeServer

#: The list of ordered topics.
ORDERED = "ORDER_TOPIC_CONFIG"


class FakeNameServer(FakeServer):
    """``groups``: name -> (cluster, broker id -> address). ``routes``: topic -> group -> its entry in queueDatas.

    ``lists``: namespace -> key -> value.
    """

    unknown_code = "unknown_code_namesrv"

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.groups: dict[str, tuple[str, dict[int, str]]] = {}
        self.routes: dict[str, dict[str, dict[str, Any]]] = {}
        self.lists: dict[str, dict[str, str]] = {}
        self.config = Properties(fake_frames.decoded(version, "namesrv_config").body)

    def answer(self, request: _remoting.Frame) -> bytes | None:
        answers = {
            100: self._put,
            102: self._remove,
            104: self._unregister,
            105: self._route,
            106: self._cluster_info,
            206: self._topic_list,
            216: self._forget,
            219: self._list,
            318: self._update_config,
            319: self._config,
        }
        found = answers.get(request.code)
        return found(request) if found else None

    def learn(self, group: str, topic: str, permission: int, read_queues: int, write_queues: int, flag: int) -> None:
        """What a leader's registration does; topics that it does not name any more are not forgotten."""
        template = fake_frames.body(self.version, "route")["queueDatas"][0]
        flag_key = next(key for key in template if key.startswith("topicSy"))
        self.routes.setdefault(topic, {})[group] = {
            **template,
            "brokerName": group,
            "perm": permission,
            "readQueueNums": read_queues,
            "writeQueueNums": write_queues,
            flag_key: flag,
        }

    def _brokers(self, group: str, template: dict[str, Any]) -> dict[str, Any]:
        cluster, addresses = self.groups[group]
        return {**template, "brokerAddrs": dict(addresses), "brokerName": group, "cluster": cluster}

    def _cluster_info(self, request: _remoting.Frame) -> bytes:
        real = next(iter(fake_frames.body(self.version, "cluster_info")["brokerAddrTable"].values()))
        clusters: dict[str, list[str]] = {}
        for group, (cluster, _addresses) in self.groups.items():
            clusters.setdefault(cluster, []).append(group)
        tables = {group: self._brokers(group, real) for group in self.groups}
        body = fake_frames.dumps({"brokerAddrTable": tables, "clusterAddrTable": clusters})
        return self.reply("cluster_info", request, body=body)

    def _route(self, request: _remoting.Frame) -> bytes:
        topic = request.ext["topic"]
        queues = {group: data for group, data in self.routes.get(topic, {}).items() if group in self.groups}
        if not queues:
            return self.reply("route_none", request, names={ABSENT: topic})
        real = fake_frames.body(self.version, "route")
        brokers = [self._brokers(group, real["brokerDatas"][0]) for group in queues]
        body = {**real, "brokerDatas": brokers, "queueDatas": list(queues.values())}
        order = self.ordered_route(topic)
        if order is not None:
            body["orderTopicConf"] = order
        if request.ext.get("acceptStandardJsonOnly") == "true" and fake_frames.known(self.version, "route_standard"):
            return self.reply("route_standard", request, body=json.dumps(body).encode())
        return self.reply("route", request, body=fake_frames.dumps(body))

    def ordered_route(self, topic: str) -> str | None:
        """What clients are told of an ordered topic."""
        told = self.config.values["orderMessageEnable"] == "true"
        return self.lists.get(ORDERED, {}).get(topic) if told else None

    def _topic_list(self, request: _remoting.Frame) -> bytes:
        real = fake_frames.body(self.version, "topic_list")
        return self.reply("topic_list", request, body=fake_frames.dumps({**real, "topicList": list(self.routes)}))

    def _forget(self, request: _remoting.Frame) -> bytes:
        """All groups of the cluster; a name server does not know who has the topic still."""
        cluster = request.ext.get("clusterName", "")
        known = self.routes.get(request.ext["topic"], {})
        for group in [group for group in known if not cluster or self.groups.get(group, ("",))[0] == cluster]:
            del known[group]
        if not known:
            self.routes.pop(request.ext["topic"], None)
        return self.reply("forget_topic", request)

    def _put(self, request: _remoting.Frame) -> bytes:
        ext = request.ext
        self.lists.setdefault(ext["namespace"], {})[ext["key"]] = ext["value"]
        return self.reply("order_put", request)

    def _remove(self, request: _remoting.Frame) -> bytes:
        self.lists.get(request.ext["namespace"], {}).pop(request.ext["key"], None)
        return self.reply("order_delete", request)

    def _unregister(self, request: _remoting.Frame) -> bytes:
        """By its id: another broker that has taken it since is dropped as well. All success looks alike."""
        group = request.ext["brokerName"]
        _cluster, addresses = self.groups.get(group, ("", {}))
        addresses.pop(int(request.ext["brokerId"]), None)
        if not addresses:
            self.groups.pop(group, None)
        return self.reply("order_put", request)

    def _list(self, request: _remoting.Frame) -> bytes:
        namespace = request.ext["namespace"]
        if namespace not in self.lists:
            return self.reply("order_list_none", request, names={ORDERED: namespace})
        return self.reply("order_list", request, body=fake_frames.dumps({"table": self.lists[namespace]}))

    def _config(self, request: _remoting.Frame) -> bytes:
        return self.reply("namesrv_config", request, body=self.config.text())

    def _update_config(self, request: _remoting.Frame) -> bytes:
        blocked = self.config.names(request.body) & {"configStorePath", "kvConfigPath"}
        if blocked and fake_frames.known(self.version, "namesrv_config_blocked"):
            return self.reply("namesrv_config_blocked", request)
        self.config.update(request.body)
        return self.reply("namesrv_config_update", request)
