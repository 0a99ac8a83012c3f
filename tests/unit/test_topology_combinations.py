# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two and three mistakes at once: each gets its own sentence, and nothing that is right gets one."""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from test_topology import KEY_MISTAKES, MISTAKES, problems

from inventories import Sample

GROUPS = "rocketmq_broker_groups"
Thing = tuple[Any, ...]
PORTS: Thing = (GROUPS, "ports")
VERSION: Thing = ("version",)
CONTROLLERS: Thing = ("controllers",)
#: Which hosts there are, and what runs on each.
HOSTS: Thing = ("hosts",)
#: Variables that are about one thing: a port may meet any other one, an address comes from either variable, a JDK is
#: judged by the version, the console's jar is where the source says, and what is mistyped is not missed.
SAME: dict[str, Thing] = {
    **dict.fromkeys(("listen_port", "dledger_port", "rocketmq_namesrv_port", "rocketmq_dashboard_port"), PORTS),
    **dict.fromkeys(("rocketmq_controller_port", "rocketmq_controller_raft_port"), PORTS),
    **dict.fromkeys(("proxy_grpc_port", "proxy_remoting_port", "rocketmq_proxy_grpc_port"), PORTS),
    **dict.fromkeys(
        ("rocketmq_controller_members", "rocketmq_controller_type", "rocketmq_controller_properties"), CONTROLLERS
    ),
    **dict.fromkeys(("rocketmq_address", "rocketmq_adress", "ansible_host"), ("address",)),
    **dict.fromkeys(("rocketmq_version", "rocketmq_verison", "rocketmq_java_major"), VERSION),
    **dict.fromkeys(("rocketmq_dashboard_source", "rocketmq_dashboard_file"), ("console",)),
    "rocketmq_dashbord_port": PORTS,
    "dleger_port": PORTS,
    "listenport": PORTS,
    "rocketmq_broker_group": (GROUPS,),
    **dict.fromkeys(("rocketmq_java_source", "rocketmq_java_archive_url", "rocketmq_java_archive_file"), ("JDK",)),
    "instance": (GROUPS, "instance"),
    "store": (GROUPS, "store"),
    # All sentences about a group have its name.
    "name": (GROUPS,),
}
#: What is wrong with one version and right with another.
BY_VERSION = {"proxy on 4.x", "broker with a proxy on 4.x", "proxy in one group alone", "proxy on the name server"}
#: Two services of a host must not have the same of these, controllers have hosts of their own, and sentences about
#: hosts have the names of groups.
BY_HOSTS = {PORTS, CONTROLLERS, SAME["instance"], SAME["store"], SAME["name"]}
#: Two wrongs that make a right, as two mistakes about controllers may.
MENDED = (
    {"host without a group", "member without host"},
    {"no groups", "no broker hosts"},
    {"JDK archive without digest", "JDK archive without place"},
)


@functools.cache
def things(name: str) -> frozenset[Thing]:
    """What a mistake changes in the sample inventory, on whichever host."""
    before, after = Sample(), Sample()
    MISTAKES[name][0](after)
    found = {HOSTS} if before.groups != after.groups else set()
    if name in KEY_MISTAKES or name in BY_VERSION:
        found.add(SAME["rocketmq_version"])
    found |= {CONTROLLERS} if "rocketmq_controller" in after.groups else set()
    for host, old in before.hostvars.items():
        new = after.hostvars[host]
        for variable in _changed(old, new):
            lists = [own.get(variable) for own in (old, new)]
            if variable == GROUPS and all(isinstance(own, list) for own in lists):
                found.update(_things_of_groups(*lists))
            else:
                found.add(SAME.get(variable, (variable,)))
                found |= {HOSTS} if variable == GROUPS else set()
    return frozenset(found | {VERSION} if CONTROLLERS in found else found)


def _things_of_groups(old: list[Any], new: list[Any]) -> Iterator[Thing]:
    for index, entries in enumerate(itertools.zip_longest(old, new)):
        if not all(isinstance(entry, dict) for entry in entries):
            yield from ((GROUPS, index), HOSTS)
            continue
        for key in _changed(*entries):
            yield from ((GROUPS, index, key), SAME.get(key, (GROUPS, index, key)))
            if key == "mode":  # Not every version has it, and it says what members are.
                yield from (VERSION, PORTS, (GROUPS, index, "members"), (GROUPS, index, "dledger_port"))
                yield from (CONTROLLERS,) if "controller" in (entries[0][key], entries[1].get(key)) else ()
            if key == "members" and list(entries[0][key]) != list(entries[1].get(key, [])):
                yield HOSTS


def _changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [key for key in old.keys() | new.keys() if repr(old.get(key)) != repr(new.get(key))]


def touch(one: str, other: str) -> bool:
    """Whether two mistakes are about the same thing, so that one may change or hide what is said of the other."""
    for ours, theirs in ((things(one), things(other)), (things(other), things(one))):
        if any(thing[: len(mine)] == mine for mine in ours for thing in theirs):
            return True
        if HOSTS in ours and theirs & BY_HOSTS:
            return True
    return False


@functools.cache
def single(name: str) -> list[str]:
    return problems(MISTAKES[name][0])


def disagreement(names: Sequence[str]) -> str:
    """What is wrong with what is said of several mistakes; empty when all is well."""
    found = problems(*(MISTAKES[name][0] for name in names))
    wanted = [sentence for name in names for sentence in single(name)]
    if any(touch(*pair) for pair in itertools.combinations(names, 2)):
        # Never more than one sentence each, and something. A host that several mistakes leave out is another, and so is
        # what one of them does to the members or the version that another's mode needs.
        mended = any(pair <= set(names) for pair in MENDED) or sum(CONTROLLERS in things(name) for name in names) > 1
        more = any("in the members of no broker group" in sentence for sentence in found)
        more += sum(any(thing[2:] == ("mode",) for thing in things(name)) for name in names)
        wrong = not (0 if mended else 1) <= len(found) <= len(names) + more
    elif any(HOSTS in things(name) for name in names):
        wrong = _without_hosts(found) != _without_hosts(wanted)
    else:
        wrong = sorted(found) != sorted(wanted)
    return "\n".join([" + ".join(names), *found]) if wrong else ""


def _without_hosts(sentences: list[str]) -> list[str]:
    return sorted(re.sub(r" (on|of) rmq\d\d(, rmq\d\d)*", "", sentence) for sentence in sentences)


def test_every_two_mistakes() -> None:
    pairs = list(itertools.combinations(MISTAKES, 2))
    wrong = [text for pair in pairs if (text := disagreement(pair))]
    assert not wrong, "\n\n".join(wrong)


def test_three_mistakes() -> None:
    chance = random.Random(20261121)
    names = list(MISTAKES)
    # In the order of the table, as the pairs are: a later mistake may undo what an earlier one set.
    triples = [sorted(chance.sample(names, 3), key=names.index) for _ in range(800)]
    wrong = [text for triple in triples if (text := disagreement(triple))]
    assert not wrong, "\n\n".join(wrong)


def test_most_mistakes_have_nothing_to_do_with_each_other() -> None:
    pairs = list(itertools.combinations(MISTAKES, 2))
    apart = sum(not touch(*pair) for pair in pairs)
    assert apart > 0.6 * len(pairs)
