# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kernel settings of a host in the plan."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files, _topology

from inventories import HOSTS, Sample

SYSCTL, TMPFILES = "/etc/sysctl.d/zz-rocketmq.conf", "/etc/tmpfiles.d/rocketmq.conf"
HUGEPAGE = "/sys/kernel/mm/transparent_hugepage/enabled"


def settings(host: str = "rmq71", **variables: Any) -> dict[str, Any]:
    sample = Sample()
    sample.hostvars["rmq71"].update(variables)
    result = _topology.plan(sample.hostvars, sample.groups)
    assert result["problems"] == []
    return result["hosts"][host]["os"]


def test_what_a_host_gets_when_nobody_says_anything() -> None:
    found = settings()
    assert {item["path"]: item["value"] for item in found["kernel"]} == {
        "/proc/sys/net/core/somaxconn": "4096",
        "/proc/sys/vm/max_map_count": "1048576",
        "/proc/sys/vm/swappiness": "1",
        HUGEPAGE: "madvise",
    }
    assert {item["path"]: item["content"].removeprefix(_files.HEADER) for item in found["files"]} == {
        SYSCTL: "net.core.somaxconn = 4096\nvm.max_map_count = 1048576\nvm.swappiness = 1\n",
        TMPFILES: f"w {HUGEPAGE} - - - - madvise\n",
    }
    assert found["absent"] == []
    assert found["sysctl"] == [item["path"] for item in found["kernel"][:-1]]


def test_a_dictionary_is_laid_over_ours() -> None:
    found = settings(rocketmq_os_sysctl={"vm.swappiness": 10, "vm.max_map_count": None, "net.ipv4.tcp_rmem": " 1 2 3 "})
    assert [item["value"] for item in found["kernel"]] == ["4096", "1 2 3", "10", "madvise"]
    content = found["files"][0]["content"]
    assert content == f"{_files.HEADER}net.core.somaxconn = 4096\nnet.ipv4.tcp_rmem = 1 2 3\nvm.swappiness = 10\n"


NOTHING = {"net.core.somaxconn": "", "vm.max_map_count": None, "vm.swappiness": " "}


@pytest.mark.parametrize(
    ("variables", "absent"),
    [
        ({"rocketmq_os_manage": False}, [SYSCTL, TMPFILES]),
        ({"rocketmq_os_manage": "no", "rocketmq_os_sysctl": {"vm.swappiness": 10}}, [SYSCTL, TMPFILES]),
        ({"rocketmq_os_transparent_hugepage": ""}, [TMPFILES]),
        ({"rocketmq_os_sysctl": NOTHING}, [SYSCTL]),
    ],
)
def test_what_is_switched_off_takes_its_file_along(variables: dict[str, Any], absent: list[str]) -> None:
    found = settings(**variables)
    assert found["absent"] == absent
    assert [item["path"] for item in found["files"]] == [path for path in (SYSCTL, TMPFILES) if path not in absent]
    assert bool(found["kernel"]) == (len(absent) < 2)
    assert found["paths"] == [SYSCTL, TMPFILES]


def test_hosts_may_differ() -> None:
    assert [bool(settings(host, rocketmq_os_manage=False)["kernel"]) for host in HOSTS] == [False, True, True]
