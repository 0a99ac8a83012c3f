# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memory of a process and the options of its JVM."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Process:
    """One process of a host: its kind, and what was set by hand, in MB; 0 leaves it to the profile."""

    kind: str
    heap_mb: int = 0
    direct_mb: int = 0
    #: Whether it is a proxy too.
    proxy: bool = False
    #: Whether clients of gRPC reach it, through whatever proxy.
    grpc: bool = False


@dataclasses.dataclass(frozen=True)
class Memory:
    """Memory of one JVM in MB; all 0 while that of the host is not known."""

    heap_mb: int
    #: Cap of direct memory.
    direct_mb: int
    #: The heap at start; the same as ``heap_mb`` on real hosts, less in the ``small`` profile.
    initial_mb: int
    #: What the JVM takes beside: classes, compiled code, stacks, the collector's tables.
    own_mb: int

    @property
    def total_mb(self) -> int:
        return self.heap_mb + self.direct_mb + self.own_mb


@dataclasses.dataclass(frozen=True)
class _Rule:
    """What ``auto`` gives to a kind of process, in MB: bounds, and the heap as a part of the host's memory.

    Brokers share what the others leave and have no such part.
    """

    heap: tuple[int, int]
    direct: tuple[int, int]
    own: int
    part: int = 0


#: Percent of a host's memory that ``auto`` gives to all its processes together. The rest is for the kernel, and above
#: all for the page cache, from which RocketMQ serves its reads.
PROCESSES_PERCENT = 60
# Own memory as measured with 5.5.0 on JDK 17, rounded up; a console was not measured and counts as a broker. The
# vendor starts brokers with 8 GB of heap; what a host has beyond that is page cache.
_AUTO = {
    "namesrv": _Rule((128, 1024), (64, 256), 128, 16),
    "controller": _Rule((128, 512), (64, 128), 128, 32),
    "broker": _Rule((256, 8192), (128, 2048), 192),
    "proxy": _Rule((256, 2048), (128, 1024), 128, 16),
    "dashboard": _Rule((192, 512), (64, 128), 192, 32),
}
#: G1's tables about the heap, as measured.
_TABLES_PERCENT = 4
_DIRECT_PERCENT = 25

# 5.x reads its timer wheel, 37 MB, through one direct buffer: with 64 MB for all of them a broker ends at its start.
_SMALL = {
    "namesrv": Memory(96, 32, 48, 64),
    "controller": Memory(96, 64, 48, 64),
    "broker": Memory(192, 128, 96, 96),
    # With 64 MB of direct memory it serves until a broker is slow, and then nobody any more.
    "proxy": Memory(96, 96, 48, 96),
    "dashboard": Memory(192, 64, 96, 96),
}
#: Heap of a small broker with clients of gRPC, as tested; with 192 MB it ran out.
_SMALL_GRPC_MB = 384


def memory(profile: str, host_mb: int, processes: Sequence[Process]) -> list[Memory]:
    """What each process of a host with ``host_mb`` MB gets.

    In ``auto``, more memory or one process less makes no other process smaller. What was set by hand wins, and brokers
    share what it leaves.
    """
    if profile == "small":
        return [_small(one) for one in processes]
    if not host_mb:
        return [_auto(one, 0) if one.heap_mb else Memory(0, 0, 0, 0) for one in processes]
    heaps = {kind: host_mb // rule.part for kind, rule in _AUTO.items() if rule.part}
    sharing = [one for one in processes if one.kind not in heaps and not one.heap_mb]
    # Before they are rounded down: what one of these gains by its next step, no broker shall lose.
    others = sum(_auto(one, heaps.get(one.kind, 0)).total_mb for one in processes if one not in sharing)
    share = (host_mb * PROCESSES_PERCENT // 100 - others) // max(len(sharing), 1)
    return [_auto(one, _step(heaps.get(one.kind) or _heap(one, share))) for one in processes]


def _small(one: Process) -> Memory:
    shares = [_SMALL[one.kind], *([_SMALL["proxy"]] if one.proxy else [])]
    base = Memory(*(sum(sizes) for sizes in zip(*map(dataclasses.astuple, shares))))
    heap = max(base.heap_mb, _SMALL_GRPC_MB) if one.grpc else base.heap_mb
    initial = one.heap_mb or base.initial_mb
    return Memory(one.heap_mb or heap, one.direct_mb or base.direct_mb, initial, base.own_mb)


def _rule(one: Process) -> _Rule:
    """A broker that is a proxy too needs more beside its heap, and shares that."""
    rule, proxy = _AUTO[one.kind], _AUTO["proxy"]
    if not one.proxy:
        return rule
    low, high = (sum(bounds) for bounds in zip(rule.direct, proxy.direct))
    return dataclasses.replace(rule, direct=(low, high), own=rule.own + proxy.own)


def _auto(one: Process, heap_mb: int) -> Memory:
    """``heap_mb`` within the bounds of the kind, and what comes with such a heap."""
    rule = _rule(one)
    heap = one.heap_mb or _within(heap_mb, rule.heap)
    direct = one.direct_mb or _within(heap * _DIRECT_PERCENT // 100, rule.direct)
    return Memory(heap, direct, heap, rule.own + heap * _TABLES_PERCENT // 100)


def _heap(one: Process, total_mb: int) -> int:
    """The heap of a process that shall take ``total_mb`` MB in all."""
    rule = _rule(one)
    rest = total_mb - rule.own
    heap = (rest - (one.direct_mb or rule.direct[0])) * 100 // (100 + _TABLES_PERCENT)
    return heap if one.direct_mb else min(heap, rest * 100 // (100 + _TABLES_PERCENT + _DIRECT_PERCENT))


def _within(megabytes: int, bounds: tuple[int, int]) -> int:
    return min(max(megabytes, bounds[0]), bounds[1])


def _step(megabytes: int) -> int:
    """Rounded down to a coarse step: memory as the kernel reports it moves by some MB with every kernel update."""
    step = 64 if megabytes < 1024 else 512
    return megabytes // step * step


def broker_properties(profile: str, major: int) -> dict[str, int]:
    """Keys of a broker that a profile sets otherwise than RocketMQ; the user's own win."""
    if profile != "small":
        return {}
    # A small host may stand still for longer than RocketMQ's 200 ms, as while a JVM starts beside the broker. What
    # waited is refused then (code 2), and clients of 4.x do not try again. They give up themselves after 3 s.
    found = {"waitTimeMillsInSendQueue": 2000}
    if major >= 5:
        # 5.x compares its wheel of timers, some 30 MB, byte by byte at each flush: once a second, that is two thirds of
        # what an idle broker takes of a processor. After a crash, what was due since the last flush is delivered twice.
        found["timerFlushIntervalMs"] = 10000
    return found


def options(size: Memory, profile: str, java_major: int, data_dir: str, log_dir: str) -> list[str]:
    """Options that any RocketMQ process gets, in the order in which they are written."""
    result = []
    if size.heap_mb:
        result += [f"-Xms{size.initial_mb}m", f"-Xmx{size.heap_mb}m", f"-XX:MaxDirectMemorySize={size.direct_mb}m"]
    if profile == "small":
        # One compiler tier and one collector thread: a third less memory, and nine JVMs start on two cores.
        result += ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=48m", "-Xss512k"]
    else:
        result += ["-XX:+UseG1GC"]
    result += ["-XX:+ExitOnOutOfMemoryError", "-XX:-OmitStackTraceInFastThrow"]
    if java_major >= 9:
        result.append(f"-Xlog:gc*:file={log_dir}/gc.log:time,tags:filecount=5,filesize=10m")
    else:
        result += [f"-Xloggc:{log_dir}/gc.log", "-XX:+UseGCLogFileRotation"]
        result += ["-XX:NumberOfGCLogFiles=5", "-XX:GCLogFileSize=10m"]
    # Everything that RocketMQ keeps below the home folder by default stays with the instance.
    return [*result, f"-Duser.home={data_dir}", f"-Djava.io.tmpdir={data_dir}/tmp", f"-Drocketmq.log.dir={log_dir}"]
