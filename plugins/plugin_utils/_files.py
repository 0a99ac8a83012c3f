# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of an instance as text: configuration, environment, systemd unit."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

_MANAGED = "Ansible managed by rocketmq.cluster: change the inventory, not this file."
HEADER = f"# {_MANAGED}\n"

MARKER = "The unit of this broker starts only where this file is: without it, the disk of the store is not mounted.\n"

TARGET_PATH = "/etc/systemd/system/rocketmq.target"
TARGET = HEADER + "[Unit]\nDescription=All RocketMQ services of this host\n"


def configuration(path: str, properties: Mapping[str, Any]) -> str:
    """What a process reads: JSON or properties, as the name of the file says."""
    return _json(properties) if path.endswith(".json") else _properties(properties)


def _json(values: Mapping[str, Any]) -> str:
    """Sorted. RocketMQ passes over keys that it does not know, and JSON has no comments."""
    return json.dumps({"//": _MANAGED, **dict(sorted(values.items()))}, indent=2) + "\n"


def _properties(values: Mapping[str, Any]) -> str:
    """A java.util.Properties file, sorted. Never a trailing blank: RocketMQ would read ``true `` as false."""
    lines = (f"{key}={property_text(value)}" for key, value in sorted(values.items()))
    return HEADER + "".join(line.replace("\\", "\\\\") + "\n" for line in lines)


def property_text(value: Any) -> str:
    """One value as RocketMQ reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def environment(java_home: str, rocketmq_home: str, jvm_options: list[str]) -> str:
    """What differs between instances: the JDK, the version, the JVM."""
    options = " ".join(jvm_options)
    return f'{HEADER}JAVA_HOME={java_home}\nROCKETMQ_HOME={rocketmq_home}\nJAVA_OPTIONS="{options}"\n'


def wait_for_brokers(python: str) -> str:
    """The program of that name, for a host with this Python."""
    return f"#!{python}\n" + pathlib.Path(__file__).with_name("_wait_for_brokers.py").read_text(encoding="utf-8")


def unit(
    instance: Mapping[str, Any], stop_seconds: int, service_keys: Mapping[str, str], overrides: Mapping[str, Any]
) -> str:
    """The systemd unit of an instance; ``overrides`` ({section: {key: value}}) are laid over ours.

    ``service_keys``: what stands in the section Service of this one alone.
    The X-RocketMQ section is ignored by systemd; it tells preflight what this unit runs.
    """
    config = instance["config"]
    sections: dict[str, dict[str, Any]] = {
        "Unit": {
            "Description": instance["description"],
            "Wants": "network-online.target",
            "After": "network-online.target",
            "PartOf": "rocketmq.target",
            # An empty folder of the root disk must never pass for the store.
            "RequiresMountsFor": f"{instance['data_dir']} {instance['store']}",
            "AssertPathExists": " ".join(marker["path"] for marker in instance["markers"]),
            "StartLimitIntervalSec": 0,
        },
        "Service": {
            "Type": "exec",
            "User": instance["user"],
            "Group": instance["user"],
            "EnvironmentFile": instance["environment"],
            # env executes java in its own place (same process id): systemd wants a fixed first word.
            "ExecStart": " ".join(
                ["/usr/bin/env", *instance["before"], "${JAVA_HOME}/bin/java", "$JAVA_OPTIONS", *instance["command"]]
            ),
            # Not "env", the first word of the command.
            "SyslogIdentifier": instance["unit"].removesuffix(".service"),
            "WorkingDirectory": instance["data_dir"],
            "Restart": "always",
            "RestartSec": 5,
            "SuccessExitStatus": 143,
            "TimeoutStopSec": stop_seconds,
            "LimitNOFILE": 655350,
            "UMask": "0027",
            "NoNewPrivileges": "true",
            "PrivateDevices": "true",
            "PrivateTmp": "true",
            "ProtectControlGroups": "true",
            "ProtectKernelModules": "true",
            "ProtectKernelTunables": "true",
            "ProtectSystem": "strict",
            "ReadWritePaths": " ".join(folder["path"] for folder in instance["folders"]),
            "RestrictSUIDSGID": "true",
            **service_keys,
        },
        # The boot does not go through rocketmq.target: that one is for people, to stop and start all of a host.
        "Install": {"WantedBy": "multi-user.target rocketmq.target"},
        "X-RocketMQ": {
            "Kind": instance["kind"],
            "Instance": instance["name"],
            "Version": instance["version"],
            "Config": config["path"] if config else "",
            "Store": instance["store"],
        },
    }
    for section, keys in overrides.items():
        sections.setdefault(section, {}).update(keys)
    blocks = []
    for section, keys in sections.items():
        lines = [f"{key}={property_text(value)}" for key, value in keys.items() if value not in ("", None)]
        blocks.append("\n".join([f"[{section}]", *lines]) + "\n")
    return HEADER + "\n".join(blocks)
