# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks that change what a cluster consists of refuse what makes no sense before any host is contacted."""

from __future__ import annotations

from typing import Any

import pytest
from test_refusals import MISTAKES, SENTENCES, VARIABLES, Case, Results, play

ONE, OTHER = "RaftNode00", "RaftNode01"
HAS = f"{ONE}, {OTHER}"
MASTERS = {
    "rocketmq_broker_groups": [
        *VARIABLES["rocketmq_broker_groups"],
        {"name": "fixed", "instance": "m", "mode": "master_slave", "listen_port": 10951}
        | {"members": {"rmq71": 0, "rmq76": 1}},
    ]
}


def case(name: str, sentence: str, variables: dict[str, Any] | None = None, *extra: str) -> Case:
    arguments = [word for value in extra for word in (("-e", value) if "=" in value else tuple(value.split()))]
    return Case(f"playbooks/{name}.yml", [sentence], variables or {}, arguments=tuple(arguments))


CASES = {
    "drain of nothing": case("drain", f"rocketmq_drain_groups is empty: name broker groups of the inventory ({HAS})."),
    "drain of a stranger": case(
        "drain", f"is x, {ONE}: name broker groups of the inventory ({HAS}).", None, f"rocketmq_drain_groups=x,{ONE}"
    ),
    "a drain into another state": case(
        "drain",
        "rocketmq_drain_state is given: write withdrawn (the default) or granted.",
        None,
        f"rocketmq_drain_groups={ONE}",
        "rocketmq_drain_state=given",
    ),
    "drain of a part": case(
        "drain",
        "this works on the cluster as a whole, and --limit rmq76 leaves hosts out: run it without.",
        None,
        f"rocketmq_drain_groups={ONE}",
        "--limit rmq76",
    ),
    "a group without an entry": case(
        "add_group",
        "rocketmq_add_group is new: write the new group into rocketmq_broker_groups, and name it here (the inventory "
        f"has {HAS}).",
        None,
        "rocketmq_add_group=new",
    ),
    "a name server on no host": case(
        "add_namesrv",
        "rocketmq_add_namesrv is rmq79: put the new host into the inventory group rocketmq_namesrv, beside the others",
        None,
        "rocketmq_add_namesrv=rmq79",
    ),
    "no name server before": case(
        "add_namesrv", "beside the others, and name it here", None, "rocketmq_add_namesrv=rmq71,rmq76,rmq77"
    ),
    "removal without a confirmation": case(
        "remove_group",
        f'rocketmq_remove_group is "{ONE}", and the confirmation says "": give the name of the broker group in both',
        None,
        f"rocketmq_remove_group={ONE}",
    ),
    "removal of all": case(
        "remove_group",
        f"{ONE} is the only group of RaftCluster: playbooks/destroy.yml takes a whole cluster away.",
        {"rocketmq_broker_groups": VARIABLES["rocketmq_broker_groups"][:1]},
        f"rocketmq_remove_group={ONE}",
        f"rocketmq_confirm={ONE}",
    ),
    "a node that nobody knows": case(
        "replace_node",
        'rocketmq_confirm is "rmq7": name the host that is replaced as the inventory calls it now '
        "(rmq71, rmq76, rmq77).",
        None,
        "rocketmq_confirm=rmq7",
    ),
    "a node with a master": case(
        "replace_node",
        "rmq71 has the master of fixed, which nothing fills again",
        MASTERS,
        "rocketmq_confirm=rmq71",
    ),
    "a migration to nowhere": case(
        "migrate",
        f'rocketmq_migrate_group is "{ONE}" and rocketmq_add_group is ["new"]: name the old group and the new ones',
        None,
        f"rocketmq_migrate_group={ONE}",
        "rocketmq_add_group=new",
        f"rocketmq_confirm={ONE}",
    ),
    "a migration without a confirmation": case(
        "migrate",
        f'{ONE} will be gone in the end, and the confirmation says "{OTHER}" (rocketmq_confirm).',
        None,
        f"rocketmq_migrate_group={ONE}",
        f"rocketmq_add_group={OTHER}",
        f"rocketmq_confirm={OTHER}",
    ),
}
#: What is wrong with the inventory comes first, whatever is asked for.
IMPOSSIBLE = ("migrate", "prune")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    every = {**CASES, **{name: Case(f"playbooks/{name}.yml", SENTENCES, MISTAKES) for name in IMPOSSIBLE}}
    return play(every, tmp_path_factory)


@pytest.mark.parametrize("name", CASES)
def test_what_makes_no_sense_is_refused(name: str, results: Results) -> None:
    run, contacted = results[name]
    output = " ".join((run.stdout + run.stderr).split())
    assert CASES[name].sentences[0] in output, output
    assert "Nothing was changed" in output
    assert run.returncode == 2
    assert not contacted


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_inventory_is_refused_by_each(name: str, results: Results) -> None:
    run, contacted = results[name]
    assert all(sentence in run.stdout + run.stderr for sentence in SENTENCES), run.stdout + run.stderr
    assert run.returncode == 2
    assert not contacted
