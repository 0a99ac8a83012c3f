# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a running cluster to an inventory whose plan is what runs, and sentences about what it could not take over.

A first draft has what processes are: roles, groups, members, ports, places. Its plan is then compared with the command
lines and files of the processes, and what differs becomes properties, heaps and JVM options, until nothing more can.
"""

from __future__ import annotations

import collections
import configparser
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml  # type: ignore[import-untyped]
from ansible_collections.rocketmq.cluster.plugins.module_utils import _configuration_wanted
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import (
    _checks,
    _controllers,
    _drift,
    _files,
    _inventory,
    _keys,
    _live,
    _os,
    _proxies,
    _settings,
    _topology,
    _versions,
)

Process = Mapping[str, Any]

#: How Ansible reaches a host; passwords are not written down.
_CONNECTION = (
    *("ansible_host", "ansible_port", "ansible_user", "ansible_connection", "ansible_become_method"),
    *("ansible_ssh_private_key_file", "ansible_ssh_common_args", "ansible_python_interpreter"),
)
_OWNED: dict[str, Mapping[str, str]] = {
    "broker": _checks.OWNED_BROKER_KEYS,
    "namesrv": _checks.OWNED_NAMESRV_KEYS,
    "controller": {**_controllers.OWNED_KEYS, "listenPort": ""},
    "proxy": _proxies.OWNED_KEYS,
}
_NOUNS = {"namesrv": "name server", "dashboard": "console"}
_WHOLE = re.compile(r"0|[1-9]\d{0,17}")
_SIZE = re.compile(r"(\d+)([kmgKMG]?)")
_MEGABYTES = {"": 1 / 1024**2, "k": 1 / 1024, "m": 1, "g": 1024}
_NO_INSTANCE = re.compile("[^a-z0-9_-]+")
#: What a plan is settled in: heaps first, then the options that follow from them.
_ROUNDS = 4


def adopt(
    hosts: Mapping[str, Mapping[str, Any]], view: Mapping[str, Any], namesrv: Sequence[str] = ()
) -> dict[str, Any]:
    """``hosts``, ``variables`` (of group_vars/rocketmq.yml), ``roles`` and ``report``, a list of sentences.

    ``hosts`` has the variables of each host, ``ansible_facts`` and the result of process_info, ``rocketmq_processes``,
    among them; ``view`` is the result of cluster_info with ``settings``.
    """
    draft = _Draft(hosts, view, namesrv)
    draft.lay_out()
    draft.settle()
    return draft.result()


def files(adopted: Mapping[str, Any]) -> dict[str, str]:
    """The files of an inventory by path, and the report."""
    return {
        "hosts.yml": f"---\n# Written by adopt.yml from what runs.\n{_yaml(adopted['inventory'])}",
        "group_vars/rocketmq.yml": f"---\n# Written by adopt.yml from what runs.\n{_yaml(adopted['variables'])}",
        "REPORT.md": "# What adopt.yml could not take over\n" + "".join(f"- {one}\n" for one in adopted["report"]),
    }


def _yaml(found: Any) -> str:
    plain = json.loads(json.dumps(found))  # Ansible's own kinds of text are none that YAML knows.
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=140))


def value(text: str) -> Any:
    """A value of a configuration file as one would write it in an inventory."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _WHOLE.fullmatch(text) else text


class _Draft:
    def __init__(self, hosts: Mapping[str, Mapping[str, Any]], view: Mapping[str, Any], namesrv: Sequence[str]) -> None:
        self._hosts = hosts
        self._view = view
        self._namesrv = namesrv
        self._live: Mapping[str, Mapping[str, str]] = view.get("settings") or {}
        self._processes = [
            {**process, "host": host} for host, own in hosts.items() for process in _found(own).get("processes") or []
        ]
        self.report: dict[str, None] = {}
        self.cluster: dict[str, Any] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.own: dict[str, dict[str, Any]] = {host: {} for host in hosts}
        self.roles: dict[str, list[str]] = {}
        #: (kind, host, instance of a broker) -> its process.
        self._by_instance: dict[tuple[str, str, str], Process] = {}

    def _say(self, sentence: str) -> None:
        self.report[sentence] = None

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [process for process in self._processes if process["kind"] == kind]

    # What processes are.

    def lay_out(self) -> None:
        for host, own in self._hosts.items():
            if not _found(own):
                why = (own.get("rocketmq_processes") or {}).get("msg") or "it does not answer"
                self._say(f"{host} could not be read ({why}): run again with it.")
        self._only_one_cluster()
        self._version()
        self._places()
        self._controllers()
        self._brokers()
        for kind in ("namesrv", "controller", "proxy", "dashboard"):
            for process in self._of(kind):
                self._add(kind, process["host"], "", process)
        self._ports()
        self._addresses()
        self._java()
        self._kernel()
        self._strangers()

    def _only_one_cluster(self) -> None:
        names = collections.Counter(
            process["properties"].get("brokerClusterName", "DefaultCluster") for process in self._of("broker")
        )
        known = sorted({member["cluster"] for member in self._view.get("members") or []})
        name = next((name for name, _count in names.most_common()), "") or (known[0] if known else "DefaultCluster")
        others = sorted(set(names) - {name})
        if others:
            self._say(f"The hosts carry brokers of {', '.join(others)} too, which are left out: adopt each by itself.")
            self._processes = [
                process
                for process in self._processes
                if process["kind"] != "broker" or process["properties"].get("brokerClusterName", name) == name
            ]
        self.cluster["rocketmq_cluster_name"] = name

    def _version(self) -> None:
        told = [member["version"] for member in self._view.get("members") or [] if member["version"]]
        told += [process["version"] for process in self._processes if process["version"]]
        found = collections.Counter(told).most_common()
        if not found:
            self._say("No process says which version it is: set rocketmq_version.")
            return
        version = found[0][0]
        if len(found) > 1:
            shown = ", ".join(sorted(one for one, _count in found))
            self._say(f"Several versions run ({shown}): the inventory has {version}, which most have.")
        self.cluster["rocketmq_version"] = version
        if version not in _versions.known():
            self._say(
                f"RocketMQ {version} is not known here: upgrade by hand to one of {', '.join(_versions.known())}."
            )
        elif _versions.load(version).vulnerable:
            self.cluster["rocketmq_allow_vulnerable_version"] = True
            self._say(
                f"RocketMQ {version} has known holes, which rocketmq_allow_vulnerable_version accepts: upgrade it."
            )

    def _release(self) -> _versions.Release | None:
        version = self.cluster.get("rocketmq_version", "")
        return _versions.load(version) if version in _versions.known() else None

    def _places(self) -> None:
        """Folders, as the units of this collection have them; others keep the defaults."""
        ours = [process for process in self._processes if process["unit"]]
        found: dict[str, list[str]] = {}
        for process in ours:
            name = process["instance"]
            folder = PurePosixPath(process["user_home"])
            if process["kind"] == "dashboard":
                # Its last user.home is where it logs.
                folder = PurePosixPath(_option(process, "-Djava.io.tmpdir=") or "/").parent
            logs = PurePosixPath(_option(process, "-Drocketmq.log.dir=") or "/")
            if folder.name == name:
                self._host_value(process["host"], "rocketmq_data_dir", str(folder.parent))
            if logs.name == name:
                self._host_value(process["host"], "rocketmq_log_dir", str(logs.parent))
            found.setdefault("rocketmq_user", []).append(process["user"])
            if process["config_path"]:
                found.setdefault("rocketmq_config_dir", []).append(str(PurePosixPath(process["config_path"]).parent))
            if process["home"]:
                found.setdefault("rocketmq_install_dir", []).append(str(PurePosixPath(process["home"]).parent))
            if process["kind"] != "dashboard":
                small = "-XX:TieredStopAtLevel=1" in process["jvm_options"]
                found.setdefault("rocketmq_jvm_profile", []).append("small" if small else "auto")
        for name, values in found.items():
            most = collections.Counter(values).most_common(1)[0][0]
            if most != _settings.SETTINGS[name].default:
                self.cluster[name] = most

    def _host_value(self, host: str, name: str, chosen: Any) -> None:
        if chosen != _settings.SETTINGS[name].default:
            self.own[host][name] = chosen

    def _add(self, role: str, host: str, instance: str, process: Process) -> None:
        hosts = self.roles.setdefault(role, [])
        if host not in hosts:
            hosts.append(host)
        if (role, host, instance) in self._by_instance:
            self._say(f"{host} has several processes of the same kind: {_who(process)} is left out.")
            return
        self._by_instance[role, host, instance] = process

    def _controllers(self) -> None:
        processes = [*self._of("controller"), *(one for one in self._of("namesrv") if _embeds(one))]
        ids = {one["host"]: one["properties"].get("controllerDLegerSelfId", "") for one in processes}
        if processes and not all(ids.values()):
            # jRaft knows addresses only; the order of its list is that of the ids.
            order = next(one["properties"].get("jRaftInitConf", "") for one in processes).split(",")
            ids = {
                one["host"]: f"n{order.index(one['properties'].get('jRaftServerId', ''))}"
                for one in processes
                if one["properties"].get("jRaftServerId", "") in order
            }
        release = self._release()
        if ids and release:
            self.cluster["rocketmq_controller_members"] = dict(sorted(ids.items(), key=lambda item: item[1]))
            kind = processes[0]["properties"].get("controllerType", "dledger").lower()
            if kind in release.controller_types and kind != release.controller_types[0]:
                self.cluster["rocketmq_controller_type"] = kind

    def _brokers(self) -> None:
        members: dict[str, list[dict[str, Any]]] = {}
        for process in sorted(
            self._of("broker"), key=lambda one: (one["properties"].get("brokerName", ""), one["host"])
        ):
            name = process["properties"].get("brokerName", "")
            if name:
                members.setdefault(name, []).append(process)
            else:
                self._say(f"{_who(process)} has no brokerName in its file: give it one there, and run again.")
        taken: set[str] = set()
        for name, processes in members.items():
            instance = next((one["instance"] for one in processes if one["instance"]), "")
            instance = instance or _instance(name, processes, taken)
            taken.add(instance)
            self.groups[name] = self._group(name, instance, processes)
            for process in processes:
                self._add("broker", process["host"], instance, process)

    def _group(self, name: str, instance: str, processes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        first = processes[0]["properties"]
        mode = _mode(processes)
        group: dict[str, Any] = {"name": name, "instance": instance, "mode": mode}
        group["listen_port"] = self._same(name, "listenPort", processes, "10911")
        ids = {one["host"]: one["properties"].get("dLegerSelfId", "") for one in processes}
        if mode == "dledger":
            peers = dict(peer.partition("-")[::2] for peer in first.get("dLegerPeers", "").split(";"))
            ports = {address.rpartition(":")[2] for address in peers.values()}
            if len(ports) == 1:
                group["dledger_port"] = value(ports.pop())
            else:
                self._say(
                    f"Group {name} has several DLedger ports ({first.get('dLegerPeers')}): make them one by hand."
                )
            missing = sorted(set(peers) - set(ids.values()))
            if missing:
                self._say(
                    f"Group {name} has the members {', '.join(missing)}, found on no host: run again with theirs."
                )
            if len(processes) % 2 == 0 or len(processes) < 3:
                self.cluster["rocketmq_allow_any_group_size"] = True
        elif mode == "master_slave":
            ids = {one["host"]: one["properties"].get("brokerId", "0") for one in processes}
        if mode in ("dledger", "master_slave"):
            group["members"] = {host: _number(own) if mode == "master_slave" else own for host, own in ids.items()}
        else:
            group["members"] = sorted(ids)
        if mode == "controller" and len(processes) == 1:
            self.cluster["rocketmq_allow_any_group_size"] = True
        proxy = processes[0]["proxy_properties"]
        if proxy:
            group["proxy_grpc_port"] = _number(proxy.get("grpcServerPort", "8081"))
            remoting = _number(proxy.get("remotingListenPort", _inventory.REMOTING_PORT))
            if remoting != _inventory.REMOTING_PORT:
                group["proxy_remoting_port"] = remoting
        self._store(group, processes)
        return group

    def _same(self, name: str, key: str, processes: Sequence[Mapping[str, Any]], default: str) -> Any:
        found = collections.Counter(one["properties"].get(key, default) for one in processes).most_common()
        if len(found) > 1:
            shown = ", ".join(f"{one['host']} {one['properties'].get(key, default)}" for one in processes)
            self._say(f"Group {name} has members with different {key} ({shown}): the inventory has {found[0][0]}.")
        return value(found[0][0])

    def _store(self, group: dict[str, Any], processes: Sequence[Mapping[str, Any]]) -> None:
        stores = {one["host"]: one["store_on_host"] for one in processes}
        for host, store in stores.items():
            if not store:
                self._say(
                    f"{host}: the messages of group {group['name']} are in a container alone, and go with it: let the "
                    "member copy those of the others when it is taken over."
                )
        given = {store for store in stores.values() if store}
        usual = {
            f"{self.own[host].get('rocketmq_data_dir', _settings.SETTINGS['rocketmq_data_dir'].default)}/"
            f"{group['instance']}/store"
            for host in stores
        }
        if given == usual or not given:
            return
        if len(given) > 1:
            shown = ", ".join(f"{host} {store}" for host, store in stores.items())
            self._say(f"Group {group['name']} has its store in different folders ({shown}): move them to one.")
        chosen = sorted(given)[0]
        try:
            group["store"] = _settings.folder(chosen)
        except ValueError as error:
            self._say(f"Group {group['name']} has its store in {chosen}, which cannot be: it must be {error}. Move it.")
        if chosen.startswith(("/root/", "/home/")):
            self._say(
                f"Group {group['name']} has its store in {chosen}, where the user of our units may not come in: move "
                "it while the member is stopped, and correct store."
            )

    def _ports(self) -> None:
        keys = {
            "namesrv": (("listenPort", "rocketmq_namesrv_port"),),
            "proxy": (
                ("grpcServerPort", "rocketmq_proxy_grpc_port"),
                ("remotingListenPort", "rocketmq_proxy_remoting_port"),
            ),
        }
        for kind, pairs in keys.items():
            for process in self._of(kind):
                for key, name in pairs:
                    default = _settings.SETTINGS[name].default
                    self._host_value(process["host"], name, _number(process["properties"].get(key, default)))
        for host in self.cluster.get("rocketmq_controller_members", {}):
            kinds = [self._by_instance.get((kind, host, "")) for kind in ("controller", "namesrv")]
            properties: Mapping[str, str] = next((one["properties"] for one in kinds if one and _embeds(one)), {})
            for name, address in _controller_addresses(properties):
                port = address.rpartition(":")[2]
                if port:
                    self._host_value(host, name, _number(port))
        for process in self._of("dashboard"):
            port = _option(process, "-Dserver.port=") or "8080"
            self._host_value(process["host"], "rocketmq_dashboard_port", _number(port))
            self.cluster["rocketmq_dashboard_sha256"] = process["jar_sha256"]
            self.cluster["rocketmq_dashboard_file"] = "/srv/rocketmq/console.jar"
            self._say(
                f"The console's jar is {process['jar']} on {process['host']}: copy it to this machine, and set "
                "rocketmq_dashboard_file."
            )

    def _addresses(self) -> None:
        for host, own in self._hosts.items():
            brokers = [process for process in self._of("broker") if process["host"] == host]
            told = collections.Counter(
                process["properties"]["brokerIP1"] for process in brokers if process["properties"].get("brokerIP1")
            ).most_common()
            derived = next((name for name in (str(own.get("ansible_host", "")), host) if _inventory.is_ipv4(name)), "")
            facts = own.get("ansible_facts") or {}
            address = told[0][0] if told else derived or (facts.get("default_ipv4") or {}).get("address", "")
            if address and address != derived:
                self.own[host]["rocketmq_address"] = address
            if len(told) > 1:
                shown = ", ".join(one for one, _count in told)
                self._say(f"{host} has brokers with several brokerIP1 ({shown}): the inventory has {address}.")

    def _java(self) -> None:
        for host in self._hosts:
            # A console may have a Java of its own.
            own = [one for one in self._processes if one["host"] == host and one["java_major"]]
            if any(one["container"] for one in own):
                self._say(
                    f"{host}: the Java of a container stays in it; its processes get that of rocketmq_java_major."
                )
                continue
            own.sort(key=lambda one: one["kind"] == "dashboard")
            if not own:
                continue
            majors = {one["java_major"] for one in own}
            process = own[0]
            if len(majors) > 1:
                self._say(f"{host} runs Java {' and '.join(map(str, sorted(majors)))}: all processes get the same one.")
            release = self._release()
            major = process["java_major"]
            if release and major not in release.jdks:
                self._say(
                    f"{host} runs Java {major}, which was not tried with RocketMQ {release.version}: its processes get "
                    f"{_settings.SETTINGS['rocketmq_java_major'].default} when they are taken over."
                )
                continue
            self._host_value(host, "rocketmq_java_major", major)
            if not process["java_home"].startswith("/usr/lib/jvm/"):
                self.own[host]["rocketmq_java_source"] = "preinstalled"
                self.own[host]["rocketmq_java_home"] = process["java_home"]
                self._say(
                    f"{host} has its Java in {process['java_home']}, which nobody knows the origin of: "
                    "rocketmq_java_source is preinstalled."
                )

    def _kernel(self) -> None:
        for host, own in self._hosts.items():
            texts = _found(own).get("kernel")
            if not texts:
                continue
            if not any(texts.values()):
                self.own[host]["rocketmq_os_manage"] = False
                self._say(
                    f"{host} has no kernel settings of ours: rocketmq_os_manage is false, set it to true to get them."
                )
                continue
            pairs = (line.partition("=") for line in (texts.get(_os.SYSCTL_PATH) or "").splitlines() if "=" in line)
            values = {name.strip(): value(text.strip()) for name, _equal, text in pairs if not name.startswith("#")}
            given = {name: own for name, own in values.items() if _settings.SYSCTL.get(name) != own}
            given |= {name: "" for name in _settings.SYSCTL if name not in values}
            if given:
                self.own[host]["rocketmq_os_sysctl"] = given
            hugepage = (texts.get(_os.TMPFILES_PATH) or "").split()[-1:]
            self._host_value(host, "rocketmq_os_transparent_hugepage", hugepage[0] if hugepage else "")

    def _strangers(self) -> None:
        """Registered brokers and asked name servers of which no host has the process."""
        plan_address = {host: _address(host, own, self.own[host]) for host, own in self._hosts.items()}
        names = {
            (name, f"{plan_address[host]}:{group['listen_port']}")
            for name, group in self.groups.items()
            for host in group["members"]
        }
        for member in self._view.get("members") or []:
            mine = member["cluster"] == self.cluster["rocketmq_cluster_name"]
            if mine and (member["group"], member["address"]) not in names:
                self._say(
                    f"The name servers know the broker {member['address']} of group {member['group']}, whose process "
                    "was found on no host: run again with its host."
                )
        found = {
            f"{plan_address[host]}:{self.own[host].get('rocketmq_namesrv_port', 9876)}"
            for host in self.roles.get("namesrv", [])
        }
        for address in self._namesrv:
            if address not in found:
                self._say(f"The name server {address} was found on no host: run again with its host.")
        for process in self._processes:
            if not process["unit"]:
                where = f"in the container {process['container'][:12]}" if process["container"] else "by hand"
                self._say(
                    f"{_who(process)} was started {where} (process {process['pid']}, user {process['user']}, "
                    f"{process['config_path'] or 'without a file'}): site.yml writes unit, files and folders of its "
                    "own for it, which differ from these."
                )

    # What the plan of that lacks.

    def plan(self) -> dict[str, Any]:
        hostvars = {
            host: {
                "ansible_facts": own.get("ansible_facts") or {},
                **_connection(own),
                **self.cluster,
                **self.own[host],
                "rocketmq_broker_groups": list(self.groups.values()),
            }
            for host, own in self._hosts.items()
        }
        groups = {f"rocketmq_{role}": sorted(hosts) for role, hosts in self.roles.items()}
        return _topology.plan(hostvars, {**groups, "rocketmq": self._members()})

    def _members(self) -> list[str]:
        return sorted({host for hosts in self.roles.values() for host in hosts})

    def settle(self) -> None:
        for _round in range(_ROUNDS):
            plan = self.plan()
            if plan["problems"]:
                for problem in plan["problems"]:
                    self._say(problem)
                return
            instances = {
                (kind, host, instance["name"] if kind == "broker" else ""): instance
                for host, own in plan["hosts"].items()
                for key, kind in zip(_live.KINDS, ("namesrv", "controller", "broker", "proxy", "dashboard"))
                for instance in own[key]
            }
            pairs = [(process, instances[key]) for key, process in self._by_instance.items() if key in instances]
            before = repr((self.cluster, self.groups, self.own))
            self._heaps(pairs)
            self._options(pairs)
            self._properties(pairs)
            self._units(pairs)
            if repr((self.cluster, self.groups, self.own)) == before:
                return

    def _heaps(self, pairs: Sequence[tuple[Process, Mapping[str, Any]]]) -> None:
        for option, name in (("-Xmx", "heap_mb"), ("-XX:MaxDirectMemorySize=", "direct_mb")):
            found: dict[tuple[str, str], dict[str, int]] = {}
            for process, instance in pairs:
                given = _megabytes(_option(process, option))
                planned = _megabytes(_first(instance["jvm_options"], option))
                if given and given != planned:
                    found.setdefault((process["kind"], instance["group"]), {})[process["host"]] = given
            for (kind, group), sizes in found.items():
                if group and len(set(sizes.values())) == 1 and set(sizes) == set(self.groups[group]["members"]):
                    self.groups[group][name] = next(iter(sizes.values()))
                elif f"rocketmq_{kind}_{name}" in _settings.SETTINGS:
                    for host, size in sizes.items():
                        self._once(host, f"rocketmq_{kind}_{name}", size)
                else:
                    self._say(f"{_NOUNS.get(kind, kind)}: {option} of {_shown(sizes)} is not taken over.")

    def _once(self, host: str, name: str, chosen: Any) -> None:
        if self.own[host].get(name, chosen) != chosen:
            self._say(f"{host}: its brokers have different values of {name}; the inventory has {self.own[host][name]}.")
            return
        self.own[host][name] = chosen

    def _options(self, pairs: Sequence[tuple[Process, Mapping[str, Any]]]) -> None:
        found: dict[tuple[str, str], dict[str, list[str]]] = {}
        for process, instance in pairs:
            planned = set(instance["jvm_options"])
            extra = [one for one in process["jvm_options"] if one not in planned and not _sized(one)]
            if not process["unit"]:
                left = [one for one in extra if not _carried(one)]
                extra = [one for one in extra if _carried(one)]
                if left:
                    self._say(f"{_who(process)}: its JVM options {' '.join(left)} give way to ours.")
            secret = [one for one in extra if _configuration_wanted.matches(one, _configuration_wanted.SECRET)]
            wrong = [one for one in extra if re.search(r"[\s\"'$\\]", one)]
            for one in {*secret, *wrong}:
                self._say(
                    f"{_who(process)}: its JVM option {one.partition('=')[0]} is left out: it is secret or has blanks."
                )
            extra = [one for one in extra if one not in secret and one not in wrong]
            if extra:
                found.setdefault((process["kind"], instance["group"]), {})[process["host"]] = extra
        for (kind, group), extras in found.items():
            if group and set(extras) == set(self.groups[group]["members"]) and _alike(extras.values()):
                self.groups[group].setdefault("jvm_options", []).extend(next(iter(extras.values())))
                continue
            for host, extra in extras.items():
                self.own[host].setdefault(f"rocketmq_{kind}_jvm_options", []).extend(extra)

    def _properties(self, pairs: Sequence[tuple[Process, Mapping[str, Any]]]) -> None:
        found: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
        count: collections.Counter[tuple[str, str]] = collections.Counter()
        for process, instance in pairs:
            place = (process["kind"], instance["group"])
            count[place] += 1
            if instance["config"]:
                mode = self.groups[instance["group"]]["mode"] if instance["group"] else ""
                planned = _texts(instance["config"]["properties"])
                for key, text in self._differing(process, instance, planned, mode):
                    found.setdefault(place, {}).setdefault(key, {})[process["host"]] = text
            if process["proxy_properties"] and instance["group"]:
                place = ("proxy", "")
                count[place] += 1
                local = _texts(_proxy_of(instance))
                for key, text in self._foreign(process, "proxy", process["proxy_properties"], local):
                    found.setdefault(place, {}).setdefault(key, {})[process["host"]] = text
        for place, keys in found.items():
            for key, values in keys.items():
                self._take(*place, key, values, count[place])
        self._common()

    def _differing(
        self, process: Process, instance: Mapping[str, Any], planned: Mapping[str, str], mode: str
    ) -> Iterator[tuple[str, str]]:
        """Keys that the process has otherwise than its plan, from its file and, where that is silent, from itself."""
        kind = process["kind"]
        own = {
            key: text for key, text in process["properties"].items() if not (mode == "dledger" and key == "brokerId")
        }
        if mode == "master_slave" and own.get("brokerRole") == "SLAVE":
            del own["brokerRole"]
        yield from self._foreign(process, kind, own, planned)
        live = self._live.get(f"{instance['address']}:{instance['ports']['listen']}", {})
        release = self._release()
        names = _keys.load(release.version)["shown"] if release and kind != "proxy" else {}
        for key, text in planned.items():
            told = live.get(names.get(key, key))
            if key in own or key in _OWNED[kind] or told is None or (mode, key) in _drift.CHANGED_BY_BROKERS:
                continue
            hidden = _configuration_wanted.matches(key, _configuration_wanted.SECRET)
            if not hidden and not _configuration_wanted.same(told, text):
                yield key, told

    def _foreign(
        self, process: Process, kind: str, own: Mapping[str, str], planned: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        release = self._release()
        for key, text in own.items():
            text = text.strip()
            if planned.get(key) == text or key == "//":
                continue
            embedded = kind == "namesrv" and key in _controllers.OWNED_KEYS
            if key in _OWNED[kind] or embedded:
                if not _alike_lists(planned.get(key, ""), text) and process["unit"]:
                    self._say(
                        f"{_who(process)} has {key}={text}, the inventory would give {planned.get(key) or 'none'}."
                    )
                elif not process["unit"] and key not in planned:
                    self._say(f"{_who(process)} has {key}={text}, which our files do not have.")
                elif not process["unit"] and not _alike_lists(planned[key], text):
                    self._say(f"{_who(process)} has {key}={text}, which becomes {planned[key]}.")
                continue
            if _configuration_wanted.matches(key, _configuration_wanted.SECRET):
                self._say(f"{_who(process)} has {key}, a secret, which is left out: set it from a vault.")
                continue
            problem = _keys.problem(release.version, kind, key, text, _OWNED[kind]) if release else ""
            if problem:
                self._say(f"{_who(process)} {problem} It is left out.")
            else:
                yield key, text

    def _take(self, kind: str, group: str, key: str, values: Mapping[str, str], count: int) -> None:
        chosen = collections.Counter(values.values()).most_common(1)[0][0]
        # A slave has a role of its own.
        if key != "brokerRole" and (len(set(values.values())) > 1 or len(values) < count):
            who = f"Group {group}" if group else f"The {_NOUNS.get(kind, kind)}s"
            self._say(f"{who}: {key} is {_shown(values)} and not the same for all; all get {chosen}.")
        if group:
            self.groups[group].setdefault("properties", {})[key] = value(chosen)
        else:
            self.cluster.setdefault(f"rocketmq_{kind}_properties", {})[key] = value(chosen)

    def _common(self) -> None:
        """What all groups have alike stands once."""
        owns = [group.get("properties", {}) for group in self.groups.values()]
        if len(owns) < 2:
            return
        for key, chosen in list(owns[0].items()):
            if all(key in own and own[key] == chosen for own in owns):
                self.cluster.setdefault("rocketmq_broker_properties", {})[key] = chosen
                for own in owns:
                    del own[key]

    def _units(self, pairs: Sequence[tuple[Process, Mapping[str, Any]]]) -> None:
        """Differences of unit files that all units of ours have alike."""
        differences = []
        for process, instance in pairs:
            if process["unit"]:
                planned = next(one for one in instance["service"]["files"] if one["path"].endswith(process["unit"]))
                differences.append((process, _overrides(process["unit_text"], planned["content"])))
        if not any(found for _process, found in differences):
            return
        first = differences[0][1]
        stop = first.get("Service", {}).pop("TimeoutStopSec", "")
        for _process, found in differences[1:]:
            found.get("Service", {}).pop("TimeoutStopSec", "")
        first = {section: keys for section, keys in first.items() if keys}
        if stop and _WHOLE.fullmatch(str(stop)):
            self.cluster["rocketmq_stop_seconds"] = int(stop)
        same = all(
            {section: keys for section, keys in found.items() if keys} == first for _process, found in differences
        )
        if first and same:
            self.cluster.setdefault("rocketmq_unit_overrides", {}).update(first)
        elif not same:
            for process, found in differences:
                if found := {section: keys for section, keys in found.items() if keys}:
                    self._say(f"{_who(process)}: its unit differs from ours: {found}.")

    # What comes out.

    def result(self) -> dict[str, Any]:
        self._say(
            "How the programs come to the hosts cannot be seen: rocketmq_install_source is archive, as everywhere else."
        )
        members = self._members()
        shared, own = self._shared(members)
        hosts = {host: {**_connection(self._hosts[host]), **own[host]} for host in members}
        groups = []
        for group in self.groups.values():
            groups.append({key: chosen for key, chosen in group.items() if chosen not in ({}, [])})
        roles = {f"rocketmq_{role}": sorted(names) for role, names in self.roles.items()}
        children = {role: {"hosts": dict.fromkeys(names)} for role, names in roles.items()}
        return {
            "inventory": {"rocketmq": {"children": children, "hosts": hosts}},
            "variables": {**self.cluster, **shared, "rocketmq_broker_groups": groups},
            "report": list(self.report),
        }

    def _shared(self, members: Sequence[str]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """What all hosts have alike, and what is left of each."""
        own = {host: dict(self.own[host]) for host in members}
        shared: dict[str, Any] = {}
        if len(members) < 2:
            return shared, own
        for name, chosen in list(own[members[0]].items()):
            if name != "rocketmq_address" and all(own[host].get(name) == chosen for host in members):
                shared[name] = chosen
                for host in members:
                    del own[host][name]
        return shared, own


def _found(own: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = own.get("rocketmq_processes") or {}
    return found if "processes" in found else {}


def _connection(own: Mapping[str, Any]) -> dict[str, Any]:
    return {name: own[name] for name in _CONNECTION if own.get(name) not in (None, "")}


def _address(host: str, own: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    candidates = (variables.get("rocketmq_address", ""), str(own.get("ansible_host", "")), host)
    return next((name for name in candidates if _inventory.is_ipv4(name)), host)


def _who(process: Process) -> str:
    name = process["properties"].get("brokerName") if process["kind"] == "broker" else ""
    return f"{process['host']}: {_NOUNS.get(process['kind'], process['kind'])}{f' {name}' if name else ''}"


def _embeds(process: Process) -> bool:
    return bool(process["kind"] == "controller" or process["properties"].get("enableControllerInNamesrv") == "true")


def _mode(processes: Sequence[Process]) -> str:
    first = processes[0]["properties"]
    if first.get("enableDLegerCommitLog") == "true":
        return "dledger"
    if first.get("enableControllerMode") == "true":
        return "controller"
    alone = len(processes) == 1 and first.get("brokerId", "0") == "0"
    return "master" if alone else "master_slave"


def _instance(name: str, processes: Sequence[Process], taken: set[str]) -> str:
    """A name for the files of a group that was started without us: from its file, or its own."""
    stems = {PurePosixPath(one["config_path"]).stem for one in processes}
    from_file = stems.pop().removeprefix("broker-") if len(stems) == 1 else ""
    for candidate in (from_file, name):
        plain = _NO_INSTANCE.sub("-", candidate.lower()).strip("-_")
        if plain and plain not in (*taken, *_KINDS_OF_SERVICES):
            return plain
    return f"b{len(taken)}"


_KINDS_OF_SERVICES = ("namesrv", "dashboard", "controller", "proxy", "exporter", "tools", "broker")


def _controller_addresses(properties: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    own = properties.get("controllerDLegerSelfId", "")
    peers = dict(peer.partition("-")[::2] for peer in properties.get("controllerDLegerPeers", "").split(";"))
    if own in peers:
        yield "rocketmq_controller_port", peers[own]
        return
    raft = properties.get("jRaftServerId", "")
    yield "rocketmq_controller_raft_port", raft
    order = properties.get("jRaftInitConf", "").split(",")
    addresses = properties.get("jRaftControllerRPCAddr", "").split(",")
    if raft in order and len(addresses) == len(order):
        yield "rocketmq_controller_port", addresses[order.index(raft)]


def _number(text: Any) -> Any:
    return value(str(text).strip())


def _first(options: Iterable[str], prefix: str) -> str:
    return next((one[len(prefix) :] for one in options if one.startswith(prefix)), "")


def _option(process: Process, prefix: str) -> str:
    """What stands behind the first option that begins like this; empty without one."""
    return _first(process["jvm_options"], prefix)


def _megabytes(text: str) -> int:
    match = _SIZE.fullmatch(text)
    return int(int(match[1]) * _MEGABYTES[match[2].lower()]) if match else 0


def _sized(option: str) -> bool:
    return option.startswith(("-Xms", "-Xmx", "-XX:MaxDirectMemorySize="))


def _carried(option: str) -> bool:
    """Whether an option of a process that was started without us is about what it does, not how its JVM works."""
    ours = ("-Drocketmq.home.dir", "-Drocketmq.log", "-Drmq.logback", "-Drocketmq.namesrv", "-Drocketmq.config")
    about = ("-Drocketmq.", "-Dcom.rocketmq.", "-Dtls.", "-Duser.timezone", "-Djavax.net.ssl.")
    return option.startswith(about) and not option.startswith(ours)


def _alike(values: Iterable[Any]) -> bool:
    found = list(values)
    return all(one == found[0] for one in found)


def _alike_lists(one: str, other: str) -> bool:
    return sorted(re.split("[;,]", one)) == sorted(re.split("[;,]", other))


def _shown(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{own} on {host}" for host, own in sorted(values.items()))


def _texts(properties: Mapping[str, Any]) -> dict[str, str]:
    return {key: _files.property_text(own) for key, own in properties.items()}


def _proxy_of(instance: Mapping[str, Any]) -> dict[str, Any]:
    """What the plan gives to the proxy in a broker."""
    texts = (one["content"] for one in instance["service"]["files"] if one["path"].endswith(".json"))
    return dict(json.loads(next(texts, "{}")))


def _overrides(actual: str, planned: str) -> dict[str, dict[str, str]]:
    """The keys of a unit that are otherwise than planned; those that it lacks are empty."""
    one, other = _sections(actual), _sections(planned)
    found: dict[str, dict[str, str]] = {}
    for section in {*one, *other} - {"X-RocketMQ"}:
        has, wants = one.get(section, {}), other.get(section, {})
        keys = {key: has.get(key, "") for key in {*has, *wants} if has.get(key, "") != wants.get(key, "")}
        if keys:
            found[section] = dict(sorted(keys.items()))
    return found


def _sections(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {section: dict(parser[section]) for section in parser.sections()}
