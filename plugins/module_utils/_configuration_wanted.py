# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of running processes as somebody wants them: what is refused, what differs, what becomes of it."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _changes, _configuration, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors, Outcome, merged
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Kind, Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, ResponseError, RocketMQError

#: What a running process is, where it listens, whom it belongs to and where it keeps its data. Another value would be
#: half in force at once: files written to another place (CVE-2023-37582), a broker registered under another name.
IDENTITY = (
    *("brokerName", "brokerId", "brokerClusterName", "brokerRole", "brokerIP?", "listenPort", "bindAddress"),
    *("haListenPort", "haMasterAddress", "storePath*", "readOnlyCommitLogStorePaths", "storeType"),
    *("dLeger*", "enableDLegerCommitLog", "enableController*", "controllerAddr", "controllerType", "controllerDLeger*"),
    *("controllerStorePath", "jRaft*", "namesrvAddr", "rocketmqHome", "authConfigPath", "tieredStoreFilePath"),
    *("brokerConfigPath", "configStorePath*", "kvConfigPath", "configBlackList", "is*BrokerContainer"),
)
#: Never shown, and never written from here, where they would be shown.
SECRET = ("*[Ss]ecret*", "*[Pp]assword*", "*AccessKey*", "*Credential*", "initAuthenticationUser")

#: What is read once when a process starts, or then too, so that a later value is in force in some parts of it only.
#: From the bytecode of 4.7.1, 4.9.7 and 5.5.0: which methods call the getters of BrokerConfig,
#: MessageStoreConfig, Netty*Config, NamesrvConfig and AuthConfig; these are called by constructors and by the methods
#: that they and start() go through. All other getters are called wherever the value is used.
_READ_ONCE = (
    # Threads, queues, buffers and sockets are made once.
    """
    *ThreadPoolNums *ThreadNum *Threads *PoolSize *QueueCapacity *SemaphoreValue *BufSize *PooledByteBuf*
    writeBuffer*WaterMark serverSocketBacklog useEpollNativeSelector useTLS transientStorePool* topicQueueLockNum
    useReentrantLockWhenPutMessage useABSLock sharedByteBufferNum popPollingMap*
    """
    # The layout of files, and how the store is built and recovered.
    """
    mappedFileSize* *MappedFileSize maxMessageSize maxHashSlotNum maxIndexNum maxOffsetMapSize flushDiskType
    messageStorePlugIn messageDelayLevel enableConsumeQueueExt bitMapLength* duplicationEnable *OnRecover recover*
    commitLogRecoverMaxNum messageIndexSafe writeWithoutMmap enableCompaction enableLmq enableScheduleAsyncDeliver
    enabledAppendPropCRC enableBuild*Concurrently combineCQ[LMPU]* combineAssign* rocksdbC* memTableFlushIntervalMs
    useS*Rocksdb* useS*RocksDB* timerWheelEnable timerWheelSnapshotFlush timerRocksDBEnable timerRocksDB*Ms
    timerRocksDB*MaxTps timerPrecisionMs timerRollWindowSlot timerEnableDisruptor indexRocksDBEnable transRocksDBEnable
    configManagerVersion readAheadCacheSize* readAheadCacheExpireDuration tieredBackendServiceProvider
    tieredStoreMaxPending* tieredStoreIndexFileMax*
    """
    # Tasks get their interval when they are scheduled.
    """
    flushConsumerOffsetInterval flushDelayOffsetInterval cleanResourceInterval registerNameServerPeriod
    fetchNamesrvAddr* updateNameServerAddrPeriod syncBrokerMemberGroupPeriod compactionScheduleInternal
    scanNotActiveBrokerInterval loadBalancePollNameServerInterval *RocksDB*CQInterval* disappearTime*
    tieredStoreDeleteFileInterval cleanRocksDBDirtyCQ*
    """
    # What a process makes for itself, and what it switches on or off as a whole.
    """
    brokerTopicEnable clusterTopicEnable traceTopicEnable msgTraceTopicName defaultTopicQueueNums reviveQueueNum
    enablePopBufferMerge popConsumer*Init metric* enable*Metrics enableDetailStat aclEnable *AuthFromV1Enabled
    authentication*er authorization*er *Strategy *Whitelist *CacheMaxNum *Cache*Second totalReplicas
    enableSlaveActingMaster enableRemoteEscape preferredLeaderId *nableBatchPush expectConsumerNumUseFilter
    maxErrorRateOfBloomFilter channelExpiredTimeout subscriptionExpiredTimeout isolateLogEnable skipPreOnline
    socksProxyConfig sampleSteps isScanAvailableNameSrv clusterTest productEnvName
    """
)
AT_START = _READ_ONCE.split()

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


class NotTaken(ResponseError):
    """The server answered that all is well, and kept its value: it will do so again."""

    def __init__(self, kind: Kind, address: str, key: str, kept: str) -> None:
        super().__init__(0, "", kind.writing.name, address)
        self.args = (
            f"{address} answered 0 and kept {key}={kept}, as it does when a value has the wrong type or is out of "
            "range; write one like that.",
        )


def matches(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)


def shown(key: str, value: str) -> str:
    """Stars instead of a secret."""
    return "********" if value and matches(key, SECRET) else value


def mistakes(values: Mapping[str, Any]) -> list[str]:
    """Sentences about values that no process may get."""
    return [sentence for key, value in values.items() for sentence in _mistakes(key, value)]


def _mistakes(key: str, value: Any) -> Iterator[str]:
    if matches(key, IDENTITY):
        yield f"values: {key} is part of what that process is and cannot change while it runs: change the inventory."
    if matches(key, SECRET):
        yield f"values: {key} is a secret, which would be shown here: change the inventory."
    if value is None or isinstance(value, (dict, list)):
        yield f"values: {key} has no value, or a list or a dictionary: write a number, true or false, or a text."
    elif re.search(r"[\x00-\x1f\x7f]", str(value)) or str(value) != str(value).strip():
        yield f"values: {key} has a line break, or a blank at an end, which RocketMQ would misread: take it out."


def text(value: Any) -> str:
    """A value as RocketMQ writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def same(current: str, wanted: str) -> bool:
    """Whether both are one value to RocketMQ, which writes numbers and switches in its own way."""
    if _is_switch(current):
        return current == wanted.lower()
    if _NUMBER.fullmatch(current) and _NUMBER.fullmatch(wanted):
        return Decimal(current) == Decimal(wanted)
    return current == wanted


def _is_switch(value: str) -> bool:
    return value in ("true", "false")


class Desired:
    """Values, without ``mistakes``, that each of some processes should work with."""

    def __init__(
        self, kind: Kind, values: Mapping[str, Any], timeout: float, addresses: Callable[[], Sequence[str]]
    ) -> None:
        """``addresses`` says again at each look who there is, and may raise RocketMQError."""
        self._kind = kind
        self._values = {key: text(value) for key, value in values.items()}
        self._timeout = timeout
        self._find = addresses
        self._addresses: dict[str, None] = {}

    def read(self) -> dict[str, Settings]:
        """Address -> settings. Raises RocketMQError unless everyone answers who was there at any look."""
        self._addresses.update(dict.fromkeys(self._find()))
        answers = _configuration.live(self._kind, self._addresses, self._timeout)
        silent = [str(answer) for answer in answers.values() if isinstance(answer, RocketMQError)]
        if silent:
            raise PlanError(silent)
        return {address: answer for address, answer in answers.items() if isinstance(answer, dict)}

    def plan(self, state: Mapping[str, Settings]) -> list[Change]:
        """Every value that differs. Raises PlanError for what the processes would silently ignore or misread."""
        problems = [sentence for key, value in self._values.items() for sentence in self._refusals(state, key, value)]
        if problems:
            raise PlanError(problems)
        return [
            Change("setting", key, address, {"value": settings[key]}, {"value": value, "effect": effect(key)})
            for address, settings in state.items()
            for key, value in self._values.items()
            if not same(settings[key], value)
        ]

    def _refusals(self, state: Mapping[str, Settings], key: str, value: str) -> Iterator[str]:
        unknown = [address for address, settings in state.items() if key not in settings]
        if unknown:
            known = {name for address in unknown for name in state[address]}
            near = difflib.get_close_matches(key, sorted(known), 1, 0.0)
            where = f"the {self._kind.noun} {', '.join(unknown)}"
            yield f"values: {key} is no setting of {where}; the nearest is {near[0]}."
        switched = [address for address, settings in state.items() if _is_switch(settings.get(key, ""))]
        if switched and not _is_switch(value.lower()):
            # RocketMQ would take it for false.
            yield f"values: {key} is on or off, and '{value}' is neither: write true or false."

    def apply(self, state: Mapping[str, Settings], changes: Sequence[Change]) -> Errors:
        """Writes what differs, and only that, to all at the same time."""

        def told(address: str) -> Errors:
            own = [change for change in changes if change.place == address]
            wanted = {change.name: self._written(state[address], change.name) for change in own}
            try:
                has = _configuration.write(self._kind, address, self._timeout, wanted)
            except RocketMQError as error:
                return {change.key: error for change in own}
            kept = [change for change in own if not same(has.get(change.name, ""), wanted[change.name])]
            return {change.key: NotTaken(self._kind, address, change.name, has.get(change.name, "")) for change in kept}

        return merged(_overview.parallel(told, (change.place for change in changes)))

    def _written(self, settings: Settings, key: str) -> str:
        value = self._values[key]
        return value.lower() if _is_switch(settings[key]) else value

    def shown(self, settings: Settings) -> Settings:
        """The settings that were asked for, all of them without any; no secrets."""
        keys = sorted(self._values or settings)
        return {key: shown(key, settings[key]) for key in keys}


def effect(key: str) -> str:
    """When a running process works with a new value, in words."""
    return "at the next start" if matches(key, AT_START) else "at once"


def run(module: AnsibleModule, kind: Kind, addresses: Callable[[], Sequence[str]]) -> None:
    """All that a module does; see ``Desired`` for ``addresses``."""
    values = module.params["values"]
    _arguments.check(module, mistakes(values))
    desired = Desired(kind, values, module.params["timeout"], addresses)

    def more(outcome: Outcome) -> dict[str, Any]:
        changed = sorted({change.name for change in outcome.done})
        later = [key for key in changed if matches(key, AT_START)]
        if later:
            module.warn(
                f"Read at start only: {', '.join(later)}. The {kind.noun} shows the new value without working "
                "with it, and forgets it when it stops: write it in the inventory and restart."
            )
        return {
            "live": {address: desired.shown(settings) for address, settings in outcome.state.items()},
            "changed_at_once": [key for key in changed if key not in later],
            "needs_restart": later,
        }

    _changes.run(module, desired, more)
