# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every number and switch of a catalogue, set to another value in the file of a real process and read back from it."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _keys, _versions
from processes import DLEDGER, Process, placed

CHOICE = os.environ.get("ROCKETMQ_VERSION", "")
CASES = [
    (version, kind)
    for version in ([CHOICE] if CHOICE else _versions.known())
    for kind in ("namesrv", "broker", "controller")
    if kind in _versions.load(version).processes
]


class LeftOut(NamedTuple):
    kind: str
    #: What the versions begin with.
    releases: str
    keys: str
    reason: str


_CLIENT = (
    "channelNotActiveInterval clientAsyncSemaphoreValue clientCallbackExecutorThreads clientChannelMaxIdleTimeSeconds "
    "clientCloseSocketIfTimeout clientOnewaySemaphoreValue clientPooledByteBufAllocatorEnable clientSocketRcvBufSize "
    "clientSocketSndBufSize clientWorkerThreads connectTimeoutMillis disableCallbackExecutor disableNettyWorkerGroup "
    "enableReconnectForGoAway maxReconnectIntervalTimeSeconds scanAvailableNameSrv useTLS"
)
_RAFT = "jRaftElectionTimeoutMs jRaftScanWaitTimeoutMs jRaftSnapshotIntervalSecs"
_ACCESS = (
    "aclCacheExpiredSecond aclCacheMaxNum aclCacheRefreshSecond authenticationEnabled authorizationEnabled "
    "migrateAuthFromV1Enabled statefulAuthenticationCacheExpiredSecond statefulAuthenticationCacheMaxNum "
    "statefulAuthorizationCacheExpiredSecond statefulAuthorizationCacheMaxNum userCacheExpiredSecond userCacheMaxNum "
    "userCacheRefreshSecond"
)
#: What a process does not show of itself, it repeats from its file: reading that back proves nothing.
LEFT_OUT = (
    LeftOut("namesrv", "5.", _CLIENT, "not shown; brokers show that the same client takes them"),
    LeftOut("namesrv", "5.", "clusterTest", "with it a name server takes every request for one for a route"),
    LeftOut("controller", "5.", _CLIENT, "not shown; brokers show that the same client takes them"),
    LeftOut("controller", "5.", _RAFT, "not shown"),
    LeftOut("broker", "5.", _ACCESS, "not shown"),
    LeftOut("broker", "5.", "inBrokerContainer", "a broker that starts by itself sets it to false"),
    LeftOut("broker", "", "bitMapLengthConsumeQueueExt", "brokers work it out from the keys of their Bloom filter"),
    LeftOut("broker", "4.", "haListenPort", "brokers of 4.x take the port after listenPort, whatever their file says"),
)


@dataclass(frozen=True)
class Boot:
    """One start of a process with other values for ``keys``; without any, for all that no other boot has."""

    keys: frozenset[str] = frozenset()
    #: What they need; places as ``processes.placed`` fills them in.
    needs: Mapping[str, str] = field(default_factory=dict)
    #: Of what a release has to have.
    mode: str = ""


#: The tiered store that brokers of 5.x bring along has keys of its own. By what versions begin with.
TIERED = {
    "5.": {"messageStorePlugIn": "org.apache.rocketmq.tieredstore.TieredMessageStore"},
    # It does not have the class that is its default.
    "5.1.": {"tieredBackendServiceProvider": "org.apache.rocketmq.tieredstore.provider.posix.PosixFileSegment"},
}
BOOTS = {
    "namesrv": (
        Boot(),
        Boot(
            frozenset({"enableControllerInNamesrv"}),
            {
                "controllerStorePath": "{folder}/store",
                "controllerDLegerGroup": "controllers",
                "controllerDLegerPeers": "n0-127.0.0.1:{next}",
                "controllerDLegerSelfId": "n0",
            },
            "controller",
        ),
    ),
    "broker": (
        Boot(),
        Boot(frozenset({"brokerId"}), {"brokerRole": "SLAVE"}),
        Boot(frozenset({"enableDLegerCommitLog"}), DLEDGER),
        Boot(frozenset({"enableControllerMode"}), {"controllerAddr": "127.0.0.1:{before}"}, "controller"),
    ),
    "controller": (Boot(),),
}
#: Where one more than the default does no good.
VALUES = {
    "haListenPort": "{next}",
    "mappedFileSizeCommitLog": "1048576",
    "transientStorePoolSize": "1",
    "timerPrecisionMs": "500",
    "writeBufferHighWaterMark": "65536",
    "writeBufferLowWaterMark": "32768",
}


class Booting(NamedTuple):
    """How processes of a kind are booted."""

    kind: str
    version: str
    home: pathlib.Path
    parent: pathlib.Path

    def settings(self, name: str, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """What stands in the file of a process, and what it works with."""
        folder = self.parent / name
        folder.mkdir()
        written = placed(self.kind, folder, {**self._tiered(), **values})
        with Process(self.kind, self.version, self.home, folder, written) as process:
            return written, process.settings()

    def _tiered(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for releases, values in TIERED.items():
            if self.kind == "broker" and self.version.startswith(releases):
                found |= values
        return found


def left_out(version: str, kind: str) -> set[str]:
    chosen = [one for one in LEFT_OUT if one.kind == kind and version.startswith(one.releases)]
    return {key for one in chosen for key in one.keys.split()}


def numbers_and_switches(version: str, kind: str) -> dict[str, str]:
    """Key -> type."""
    types = _keys.load(version).get(kind, {})
    return {key: of for key, of in types.items() if of in ("int", "long", "double", "boolean")}


def another(default: str, kind: str) -> str:
    if kind == "boolean":
        return "false" if default == "true" else "true"
    if kind == "double":
        return str(float(default) / 2)
    return str(int(default) + (-1 if int(default) in (2**31 - 1, 2**63 - 1) else 1))


@pytest.mark.parametrize(("version", "kind"), CASES)
def test_numbers_and_switches_are_read_back(
    homes: Callable[[str], pathlib.Path], tmp_path: pathlib.Path, version: str, kind: str
) -> None:
    types = numbers_and_switches(version, kind)
    wanted = set(types) - left_out(version, kind)
    shown = {key: _keys.load(version)["shown"].get(key, key) for key in _keys.load(version)[kind]}
    boots = [boot for boot in BOOTS[kind] if not boot.mode or boot.mode in _versions.load(version).modes]
    apart = {key for boot in boots for key in boot.keys}
    booting = Booting(kind, version, homes(version), tmp_path)
    given, default = booting.settings("default", {})
    assert sorted(key for key in wanted if shown[key] not in default) == [], "not shown"
    read_back = set(given) & wanted
    for number, boot in enumerate(boots):
        keys = (boot.keys or wanted - apart) - set(given)
        values = {key: VALUES.get(key) or another(default[shown[key]], types[key]) for key in keys}
        written, found = booting.settings(str(number), {**boot.needs, **values})
        assert {key: text for key, text in written.items() if found.get(shown.get(key, key)) != text} == {}
        assert not [key for key in keys if written[key] == default[shown[key]]]
        read_back |= keys
    assert read_back == wanted
    print(f"{version} {kind}: {len(read_back)} of {len(types)} in {len(boots)} + 1 boots")


def test_what_is_left_out_are_keys() -> None:
    for one in LEFT_OUT:
        versions = [version for version in _versions.known() if version.startswith(one.releases)]
        having = {key for version in versions for key in numbers_and_switches(version, one.kind)}
        assert set(one.keys.split()) <= having, one
