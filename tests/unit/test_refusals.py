# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks refuse an impossible inventory in ansible-playbook itself, before any host is contacted."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
HOSTS = ("rmq71", "rmq76", "rmq77")
VARIABLES: dict[str, Any] = {
    "rocketmq_version": "4.9.7",
    "rocketmq_cluster_name": "RaftCluster",
    "rocketmq_broker_groups": [
        {
            "name": f"RaftNode0{index}",
            "instance": f"n{index}",
            "listen_port": 10911 + 10 * index,
            "dledger_port": 20911 + 10 * index,
            "members": {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"},
        }
        for index in (0, 1)
    ],
}
#: Three mistakes, and all that is to be said about them.
MISTAKES = {"rocketmq_dashbord_port": 8080, "rocketmq_version": "4.7.2", "rocketmq_jvm_profile": "tiny"}
SENTENCES = [
    "rocketmq_jvm_profile is 'tiny' on rmq71, rmq76, rmq77: give one of auto, small.",
    "rocketmq_dashbord_port is set on rmq71, rmq76, rmq77, but there is no such variable (did you mean "
    "rocketmq_dashboard_port?): correct its name, or remove it (docs/variables.md has all names).",
    "rocketmq_version 4.7.2 is not known: choose one of 4.7.1, 4.8.0, 4.9.4, 4.9.7, 5.1.4, 5.3.3, 5.5.0.",
]
NO_HOST = (
    "The inventory has no host in the group rocketmq: make rocketmq_namesrv, rocketmq_broker and the others its "
    "children."
)
VAULT = """
rocketmq_cluster_name: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  33363965326261303230316437653364633866316365383036633336376434303338653363303262
  3038636138316532386135396434626464656330333338630a343066316363306235303231323738
  65613030613065336137616439633964656635363463396139643834623339643866303464633065
  3434386437323933380a386135656539386238323438663636336664613332373861666234376234
  3131
"""
UNREADABLE = "give what its template or vault needs, or a plain value."
STRANGE = {
    "rocketmq_user": "{{ nothing }}",
    "rocketmq_namesrv_port": "{{ rocketmq_namesrv_port }}",
    "rocketmq_broker_groups": [{**VARIABLES["rocketmq_broker_groups"][0], "dledger_port": "{{ no_port }}"}],
}


@dataclasses.dataclass(frozen=True)
class Case:
    """One run of ansible-playbook: its arguments, and the sentences that it ends with."""

    playbook: str
    sentences: list[str]
    variables: dict[str, Any] = dataclasses.field(default_factory=dict)
    text: str = ""
    hosts: tuple[str, ...] = HOSTS
    groups: tuple[str, ...] = ("rocketmq_namesrv", "rocketmq_broker")
    arguments: tuple[str, ...] = ()


CASES = {
    "site": Case("site.yml", SENTENCES, MISTAKES),
    "preflight": Case("playbooks/preflight.yml", SENTENCES, MISTAKES),
    "verify": Case("playbooks/verify.yml", SENTENCES, MISTAKES),
    "status": Case("playbooks/status.yml", SENTENCES, MISTAKES),
    "destroy": Case("playbooks/destroy.yml", SENTENCES, MISTAKES, arguments=("-e", "rocketmq_confirm=RaftCluster")),
    "site with a limit": Case("site.yml", SENTENCES, MISTAKES, arguments=("--limit", "rmq76")),
    "groups are a text": Case(
        "playbooks/status.yml",
        ["rocketmq_broker_groups is 'RaftNode00' on rmq71, rmq76, rmq77: give a list with one entry per broker group."],
        arguments=("-e", "rocketmq_broker_groups=RaftNode00"),
    ),
    "groups are null": Case(
        "playbooks/status.yml",
        ["rocketmq_broker_groups is empty: give one entry per broker group."],
        arguments=("-e", json.dumps({"rocketmq_broker_groups": None})),
    ),
    "templates and vaults that nobody can read": Case(
        "playbooks/status.yml",
        [
            "rocketmq_cluster_name is unreadable (Attempt to use undecryptable variable: Attempting to decrypt but no "
            f"vault secrets found) on rmq71, rmq76, rmq77: {UNREADABLE}",
            f"rocketmq_broker_groups is unreadable ('no_port' is undefined) on rmq71, rmq76, rmq77: {UNREADABLE}",
            f"rocketmq_namesrv_port is unreadable (Recursive loop) on rmq71, rmq76, rmq77: {UNREADABLE}",
            f"rocketmq_user is unreadable ('nothing' is undefined) on rmq71, rmq76, rmq77: {UNREADABLE}",
        ],
        STRANGE,
        text=VAULT,
    ),
    "no host at all": Case("site.yml", [NO_HOST], hosts=()),
    "no host in rocketmq": Case("playbooks/verify.yml", [NO_HOST], groups=("rocket_namesrv",)),
    "a limit and no host in rocketmq": Case(
        "site.yml", [NO_HOST], groups=("rocket_namesrv",), arguments=("--limit", "rmq76")
    ),
    # The counter-check: nothing is wrong, so that hosts are contacted.
    "correct": Case("playbooks/preflight.yml", []),
    "a hole that is accepted": Case(
        "playbooks/status.yml", [], {"rocketmq_version": "4.9.4", "rocketmq_allow_vulnerable_version": True}
    ),
}


def prepared(case: Case, folder: pathlib.Path) -> list[str]:
    """Arguments for a case whose hosts nobody answers for; the file ``contacted`` shows that one was asked at all."""
    ssh = folder / "ssh"
    ssh.write_text(f"#!/bin/sh\necho >{folder}/contacted\nexit 255\n", encoding="utf-8")
    ssh.chmod(0o755)
    # The kernel refuses connections to such an address at once, with any network or none.
    hosts = {name: {"ansible_host": f"239.0.2.{name[3:]}", "ansible_ssh_executable": str(ssh)} for name in case.hosts}
    children = {name: {"hosts": dict.fromkeys(case.hosts)} for name in case.groups if hosts}
    ours = {"rocketmq": {"children": {name: {} for name in children if name.startswith("rocketmq_")}}}
    inventory = folder / "inventory"
    (inventory / "group_vars").mkdir(parents=True)
    everything = {"all": {"hosts": hosts, "children": {**children, **ours}}}
    (inventory / "hosts.yml").write_text(yaml.safe_dump(everything), encoding="utf-8")
    variables = {**VARIABLES, **case.variables}
    if case.text:
        del variables["rocketmq_cluster_name"]
    written = yaml.safe_dump(variables) + case.text
    (inventory / "group_vars" / "all.yml").write_text(written, encoding="utf-8")
    return [case.playbook, "-i", str(inventory), *case.arguments]


Results = dict[str, tuple[subprocess.CompletedProcess[str], bool]]


def play(cases: Mapping[str, Case], tmp_path_factory: pytest.TempPathFactory) -> Results:
    folders = {name: tmp_path_factory.mktemp("case") for name in cases}
    runs = [(prepared(cases[name], folder), *map(str, outputs(folder))) for name, folder in folders.items()]
    codes = subprocess.run(
        [sys.executable, pathlib.Path(__file__).with_name("play.py")],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections"), "ANSIBLE_NOCOLOR": "1"},
        input=json.dumps(runs),
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    ).stdout
    return {
        name: (
            subprocess.CompletedProcess(run, code, *(file.read_text() for file in outputs(folder))),
            (folder / "contacted").exists(),
        )
        for (name, folder), run, code in zip(folders.items(), runs, json.loads(codes), strict=True)
    }


def outputs(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    return folder / "stdout", folder / "stderr"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return play(CASES, tmp_path_factory)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.sentences])
def test_a_bad_inventory_is_refused_before_any_contact(name: str, results: Results) -> None:
    run, contacted = results[name]
    output = run.stdout + run.stderr
    message = output.partition("no host was contacted:\n")[2].partition("\nOrigin:")[0]
    said = [re.sub(r"\((Recursive loop)[^)]*\)", r"(\1)", line.removeprefix("- ")) for line in message.splitlines()]
    assert sorted(said) == sorted(CASES[name].sentences), output
    assert run.returncode == 2
    assert not contacted
    for noise in ("Traceback", "rgument spec", "Validating arguments", "UNREACHABLE", "PLAY [Check the hosts]"):
        assert noise not in output


def test_a_correct_inventory_is_not(results: Results) -> None:
    run, contacted = results["correct"]
    assert contacted
    assert run.returncode == 4, run.stdout
    assert "cannot be deployed" not in run.stdout + run.stderr
    assert run.stdout.count("UNREACHABLE") == len(HOSTS)
    assert "run code" not in run.stdout


def test_every_run_warns_once_of_a_hole_that_was_accepted(results: Results) -> None:
    run, contacted = results["a hole that is accepted"]
    assert contacted
    warning = "RocketMQ 4.9.4 lets anyone who reaches its ports run code (CVE-2023-33246, CVE-2023-37582)"
    assert run.stdout.count(warning) == 1, run.stdout
    assert "4.9.7 is the first release that mends it" in run.stdout
