# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster a module works on: its broker groups, and who leads each of them right now."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ansible_collections.rocketmq.cluster.plugins.module_utils import _configuration, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors, merged
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import (
    LEADER,
    Broker,
    Group,
    NameServer,
    NameServerView,
    first_view,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    NotYet,
    PlanError,
    ResponseError,
    RocketMQError,
)

_Answer = TypeVar("_Answer")


class Cluster(NamedTuple):
    """A cluster as the first name server that knows it sees it.

    ``timeout``: seconds per request. ``known``: the broker groups of all clusters that the name server sees.
    """

    name: str
    namesrv: tuple[str, ...]
    groups: dict[str, Group]
    timeout: float
    known: frozenset[str] = frozenset()

    def chosen(self, names: Iterable[str]) -> list[str]:
        """The broker groups of these names, all of them without any. Raises PlanError for one that is not there."""
        wanted = list(dict.fromkeys(names))
        missing = [name for name in wanted if name not in self.groups]
        if missing:
            raise PlanError(
                [
                    f"groups: the cluster {self.name} has no broker group {', '.join(missing)}; "
                    f"it has {', '.join(sorted(self.groups))}."
                ]
            )
        return wanted or sorted(self.groups)

    def leaders(self, groups: Iterable[str]) -> dict[str, str]:
        """Group -> address of the broker that takes its writes. Raises NoLeader."""
        found = {group: self.groups[group].brokers.get(LEADER, "") for group in groups}
        without = [group for group, address in found.items() if not address]
        if without:
            raise NoLeader(without)
        return found

    def ask_leaders(self, groups: Iterable[str], ask: Callable[[Broker, Settings], _Answer]) -> dict[str, _Answer]:
        """Group -> what its leader, with its settings, answers; all asked at the same time.

        Raises the first RocketMQError.
        """
        leaders = self.leaders(groups)

        def asked(group: str) -> _Answer:
            with Broker(leaders[group], self.timeout) as broker:
                # A name server may be late to know it, and 4.7.1 and 5.5.0 take writes on followers, which lose them.
                settings = _configuration.of_broker(broker)
                if settings.get("brokerRole") == "SLAVE":
                    raise NoLeader([group])
                return ask(broker, settings)

        return required(_overview.parallel(asked, leaders))


class NoLeader(NotYet):
    """Some groups have no broker that takes writes right now."""

    def __init__(self, groups: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(groups)}: no leader is registered right now; wait for the election, or start more members."
        )
        self.groups = groups


def finder(params: Mapping[str, Any]) -> Callable[[], Cluster]:
    """``find`` for the options of a module."""
    return functools.partial(find, params["namesrv"], params["timeout"], params["cluster"], params.get("groups", ()))


def find(namesrv: Sequence[str], timeout: float, name: str = "", groups: Sequence[str] = ()) -> Cluster:
    """The cluster called ``name``, or the only one there is; ``groups``: what the name server that is believed knows.

    Raises PlanError, NotYet, NoNameServer.
    """

    def fits(view: NameServerView) -> bool:
        # One that was just started knows nothing, and then a part, until all brokers have registered again.
        names = _names(view)
        return (name in names if name else bool(names)) and set(groups) <= view.groups.keys()

    view = first_view(namesrv, timeout, fits)
    names = _names(view)
    if name and names and name not in names:
        raise PlanError([f"cluster: the name servers know no cluster {name}, only {', '.join(names)}."])
    wanted = name if name in names else only(names)
    own = {group: found for group, found in view.groups.items() if found.cluster == wanted}
    return Cluster(wanted, tuple(namesrv), own, timeout, frozenset(view.groups))


def _names(view: NameServerView) -> list[str]:
    return sorted({group.cluster for group in view.groups.values()})


def only(names: Sequence[str]) -> str:
    """The one cluster that name servers know. Raises NotYet when there is none, PlanError when there are more."""
    if not names:
        raise NotYet("cluster: the name servers know no broker (yet): start the brokers.")
    if len(names) > 1:
        raise PlanError([f"cluster: the name servers know the clusters {', '.join(names)}: write which one."])
    return names[0]


def required(answers: Mapping[str, _Answer | RocketMQError]) -> dict[str, _Answer]:
    """The answers, when all of them are there. Raises the first RocketMQError."""
    for answer in answers.values():
        if isinstance(answer, RocketMQError):
            raise answer
    return {key: answer for key, answer in answers.items() if not isinstance(answer, RocketMQError)}


def tell_name_servers(
    changes: Sequence[Change], timeout: float, tell: Callable[[NameServer, Change], object]
) -> Errors:
    """Each change at the name server that is its place, all name servers at the same time. Raises nothing."""

    def told(address: str) -> Errors:
        own = [change for change in changes if change.place == address]
        errors: Errors = {}
        with NameServer(address, timeout) as server:
            # One after the other: a name server writes its file from several threads at once, and may lose it.
            for number, change in enumerate(own):
                try:
                    tell(server, change)
                except ResponseError as error:
                    errors[change.key] = error
                except RocketMQError as error:
                    return {**errors, **{left.key: error for left in own[number:]}}
        return errors

    return merged(_overview.parallel(told, [change.place for change in changes]))
