# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One family of exceptions for everything that goes wrong between us and a RocketMQ process.

Every message says which request, to which address, what happened and what to do; it can be shown to the user as it is.
"""

from __future__ import annotations

#: Response codes that our requests meet: name and, where there is something to do, what.
_CODES: dict[int, tuple[str, str]] = {
    1: ("SYSTEM_ERROR", "look into the log of that process"),
    2: ("SYSTEM_BUSY", "the broker is overloaded or is not the leader of its group; try again"),
    3: ("REQUEST_CODE_NOT_SUPPORTED", "that address is no RocketMQ process of the expected kind, or an older one"),
    10: ("FLUSH_DISK_TIMEOUT", "the disk of the broker is too slow"),
    11: ("SLAVE_NOT_AVAILABLE", "start the other members of the group"),
    12: ("FLUSH_SLAVE_TIMEOUT", "the other members of the group are too slow or down"),
    13: ("MESSAGE_ILLEGAL", ""),
    14: ("SERVICE_NOT_AVAILABLE", "the broker is not the leader of its group, its disk is full or it is about to stop"),
    16: ("NO_PERMISSION", "the permission of the topic or the broker, or an access rule, forbids it"),
    17: ("TOPIC_NOT_EXIST", "create the topic"),
    18: ("TOPIC_EXIST_ALREADY", ""),
    19: ("PULL_NOT_FOUND", ""),
    20: ("PULL_RETRY_IMMEDIATELY", ""),
    21: ("PULL_OFFSET_MOVED", ""),
    22: ("QUERY_NOT_FOUND", ""),
    24: ("SUBSCRIPTION_NOT_EXIST", ""),
    26: ("SUBSCRIPTION_GROUP_NOT_EXIST", "create the consumer group"),
    29: ("INVALID_PARAMETER", "the name or a value is not one that this release takes"),
    206: ("CONSUMER_NOT_ONLINE", "no consumer of that group is connected"),
    2007: ("CONTROLLER_NOT_LEADER", "another controller leads; try again"),
    2012: ("CONTROLLER_ELECT_MASTER_FAILED", "the member does not answer or has not caught up yet; try again"),
}


class RocketMQError(Exception):
    """Base of all; catch this one."""


class ConnectError(RocketMQError):
    """The address cannot be reached, or the peer went away in the middle of a call."""

    def __init__(self, request: str, address: str, cause: str) -> None:
        super().__init__(
            f"{request} to {address}: {cause}; check that the process runs and that no firewall is between."
        )
        self.request = request
        self.address = address
        self.cause = cause


class NoNameServer(RocketMQError):
    """None of the name servers answers; ``errors`` says of each why."""

    def __init__(self, errors: list[RocketMQError]) -> None:
        super().__init__("No name server answers. " + " ".join(str(error) for error in errors))
        self.errors = errors


class NotYet(RocketMQError):
    """What passes by itself: an election, brokers that have not registered with a name server that was just started."""


class PlanError(RocketMQError):
    """What is asked for cannot be done, or must not be; ``problems`` are sentences. Nothing was written."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class RequestTimeout(RocketMQError):
    """No answer within the deadline.

    It does not say that the process is down: old servers never answer a code that they do not know.
    """

    def __init__(self, request: str, address: str, seconds: float) -> None:
        super().__init__(
            f"{request} to {address}: no answer within {seconds:g} s; "
            "the process is overloaded or stuck, or something swallows the packets."
        )
        self.request = request
        self.address = address
        self.seconds = seconds


class ProtocolError(RocketMQError):
    """What came back is not RocketMQ's remoting protocol, or a body is not what the request promises."""

    def __init__(self, problem: str, request: str = "", address: str = "") -> None:
        where = f"{request} to {address}: " if request else ""
        hint = "; check that the address is that of a RocketMQ process." if request else ""
        super().__init__(f"{where}{problem}{hint}")
        self.problem = problem
        self.request = request
        self.address = address


class ResponseError(RocketMQError):
    """The server answered, with a code other than 0."""

    def __init__(self, code: int, remark: str, request: str, address: str) -> None:
        name, advice = _CODES.get(code, ("unknown code", ""))
        text = f"{request} to {address}: {name} ({code})"
        if remark:
            text += f": {_first_sentence(remark)}"
        super().__init__(f"{text}; {advice}." if advice else f"{text}.")
        self.code = code
        self.remark = remark
        self.request = request
        self.address = address


def _first_sentence(remark: str) -> str:
    """The remark without what Java appends to it: the address of a help page, then a stack trace."""
    line = remark.split("\nSee ", 1)[0].splitlines()[0] if remark.strip() else ""
    return line.strip().rstrip(".,;!")
