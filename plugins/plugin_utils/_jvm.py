# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memory of a process and the options of its JVM."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Memory:
    """Heap and the cap of direct memory of one JVM, in MB; 0 while the host's memory is not known."""

    heap_mb: int
    direct_mb: int
    #: The heap at start; the same as ``heap_mb`` on real hosts, less in the ``small`` profile.
    initial_mb: int

    @property
    def total_mb(self) -> int:
        return self.heap_mb + self.direct_mb


# 5.x reads its timer wheel, 37 MB, through one direct buffer: with 64 MB for all of them a broker ends at its start.
_SMALL = {
    "namesrv": Memory(96, 32, 48),
    "controller": Memory(96, 64, 48),
    "broker": Memory(192, 128, 96),
    "dashboard": Memory(192, 64, 96),
}


def memory(kind: str, profile: str, host_mb: int, brokers: int, heap_mb: int = 0, direct_mb: int = 0) -> Memory:
    """What a process of ``kind`` gets on a host with ``host_mb`` MB that carries ``brokers`` brokers.

    ``auto`` gives all brokers of a host together two fifths of its memory as heap and leaves the rest to direct buffers
    and, above all, to the page cache from which RocketMQ serves its reads. A given heap or direct size wins.
    """
    if profile == "small":
        base = _SMALL[kind]
    elif not host_mb:
        base = Memory(0, 0, 0)
    elif kind == "broker":
        heap = _step(host_mb * 2 // 5 // max(brokers, 1), 256, 8192)
        base = Memory(heap, _step(heap // 4, 128, 2048), heap)
    else:
        heap = _step(host_mb // 16, 128, 1024)
        base = Memory(heap, 64, heap)
    heap = heap_mb or base.heap_mb
    return Memory(heap, direct_mb or base.direct_mb, heap if heap_mb else base.initial_mb)


def _step(megabytes: int, low: int, high: int) -> int:
    """Rounded down to a coarse step: memory as the kernel reports it moves by some MB with every kernel update."""
    step = 64 if megabytes < 1024 else 512
    return min(max(megabytes // step * step, low), high)


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
