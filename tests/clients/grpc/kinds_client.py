"""Sends and receives messages through proxies with the vendor's client of gRPC, as MessageKinds.java does.

It runs in an environment of its own; kinds.py starts it and judges what it writes.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import threading
import time
from pathlib import Path

from rocketmq.grpc_protocol import TransactionResolution
from rocketmq.v5.client import ClientConfiguration, Credentials
from rocketmq.v5.consumer import PushConsumer
from rocketmq.v5.consumer.push import ConsumeResult, MessageListener
from rocketmq.v5.model import FilterExpression, Message
from rocketmq.v5.producer import Producer, TransactionChecker

#: First what takes longest.
VARIANTS = {
    "transactional": ("commit", "rollback", "late", "never"),
    # Levels of messageDelayLevel, and what they mean.
    "delayed": ("2", "3"),
    "ordered": ("0", "1", "2", "3", "4"),
    "normal": ("any",),
}
DELAYS_MS = {"2": 5000, "3": 10000}
#: After the death of its proxy the client (5.1.2) tells the next one only minutes later what it consumes, and is given
#: nothing until then: whoever hears nothing makes another consumer.
DEAF_SECONDS = 20
UNWANTED = ("transactional-rollback-", "transactional-never-")


def now() -> int:
    return time.time_ns() // 1_000_000


class Lines:
    """Tab separated lines, each written at once."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._path = Path(path)

    def add(self, *fields: object) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write("\t".join(map(str, fields)) + "\n")


class Listener(MessageListener):
    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.got: set[str] = set()
        self.last = time.monotonic()

    def consume(self, message: Message) -> ConsumeResult:
        key = message.body.decode()
        # The client does not tell from which queue it comes.
        self._lines.add("received", key, now(), "", 0, 0)
        self.got.add(key)
        self.last = time.monotonic()
        return ConsumeResult.SUCCESS


class Checker(TransactionChecker):
    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def check(self, message: Message) -> TransactionResolution:
        key = message.body.decode()
        self._lines.add("checked", key, now(), "", 0, 0)
        late = "-late-" in key or "-commit-" in key
        return TransactionResolution.COMMIT if late else TransactionResolution.ROLLBACK


def send(producer: Producer, topic: str, kind: str, variant: str, key: str) -> None:
    message = Message()
    message.topic = topic
    message.body = key.encode()
    if kind == "ordered":
        message.message_group = variant
    if kind == "delayed":
        # In whole seconds, and never before its time.
        message.delivery_timestamp = math.ceil((now() + DELAYS_MS[variant]) / 1000)
    if kind != "transactional":
        producer.send(message)
        return
    transaction = producer.begin_transaction()
    producer.send(message, transaction)
    if variant == "commit":
        transaction.commit()
    if variant == "rollback":
        transaction.rollback()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("endpoints", "topic", "kinds", "sent", "received"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("count", "pause-ms", "timeout-ms", "deadline-ms"):
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()
    sent, received = Lines(arguments.sent), Lines(arguments.received)
    configuration = ClientConfiguration(
        arguments.endpoints, Credentials(), request_timeout=arguments.timeout_ms // 1000
    )
    kinds = [kind for kind in VARIANTS if kind in arguments.kinds.split(",")]
    listeners = {kind: Listener(received) for kind in kinds}

    def consume(kind: str) -> None:
        topic = f"{arguments.topic}-{kind}"
        PushConsumer(configuration, f"{topic}-consumer", listeners[kind], {topic: FilterExpression()}).startup()
        listeners[kind].last = time.monotonic()

    for kind in kinds:
        consume(kind)
    topics = [f"{arguments.topic}-{kind}" for kind in kinds]
    producer = Producer(configuration, topics, checker=Checker(received))
    producer.startup()
    due = set()
    for kind in kinds:
        for number in range(arguments.count):
            for variant in VARIANTS[kind]:
                key, started = f"{kind}-{variant}-{number}", now()
                try:
                    send(producer, f"{arguments.topic}-{kind}", kind, variant, key)
                    sent.add(key, started)
                    due |= set() if key.startswith(UNWANTED) else {key}
                except Exception as error:
                    print(f"{started} {key}: {error}")
                time.sleep(arguments.pause_ms / 1000)
    deadline = time.monotonic() + arguments.deadline_ms / 1000
    while time.monotonic() < deadline:
        got = set().union(*(listener.got for listener in listeners.values()))
        for kind in {key.split("-")[0] for key in due - got}:
            if time.monotonic() - listeners[kind].last > DEAF_SECONDS:
                consume(kind)
        # Also after the last key: only silence says that nothing comes that should not.
        silent = time.monotonic() - max(listener.last for listener in listeners.values())
        if due <= got and silent > 3:
            break
        time.sleep(0.2)
    sys.stdout.flush()
    # Its threads outlive their shutdown().
    os._exit(0)


if __name__ == "__main__":
    main()
