"""What may happen to one call to the world outside, and which of it a call of which kind can meet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import requests
from botocore.exceptions import ClientError, ReadTimeoutError


class Kind(StrEnum):
    CRASH_BEFORE = "crash before the call"
    CRASH_AFTER = "crash after the call"
    LOST = "request lost"
    ANSWER_LOST = "answer lost"
    REPEATED = "answer lost, repeated by botocore"
    LATE = "time-out, done later"
    REFUSED = "refused by the service"
    CONFLICT = "conflict with a transaction"
    IN_PROGRESS = "transaction in progress"
    SLOW = "slow"
    FROZEN = "caller frozen"


@dataclass(frozen=True)
class Fault:
    """``ms`` is how long it takes, or for how long it lasts; it means something for the last of the kinds only."""

    kind: Kind
    ms: int = 0


@dataclass(frozen=True)
class Call:
    """A call that a task is about to make."""

    service: str
    operation: str
    detail: str
    writes: bool

    def __str__(self) -> str:
        return f"{self.operation} {self.detail}"

    @property
    def kinds(self) -> list[Kind]:
        """The faults that this call can meet."""
        kinds = [Kind.CRASH_BEFORE, Kind.LOST, Kind.REFUSED, Kind.SLOW, Kind.FROZEN]
        if self.writes:
            kinds += [Kind.CRASH_AFTER, Kind.ANSWER_LOST, Kind.LATE]
            if self.service != "post":
                kinds.append(Kind.REPEATED)
        if self.operation == "TransactWriteItems":
            kinds += [Kind.CONFLICT, Kind.IN_PROGRESS]
        if self.operation == "UpdateItem":
            kinds.append(Kind.CONFLICT)
        return kinds

    def timed_out(self) -> Exception:
        """What the caller gets when no answer comes."""
        if self.service == "post":
            return requests.ReadTimeout("no answer")
        return ReadTimeoutError(endpoint_url=self.service)

    def refused(self) -> Exception:
        """What the caller gets when botocore has tried often enough, or the receiver cannot be reached."""
        if self.service == "post":
            return requests.ConnectionError("refused")
        code = "TooManyRequestsException" if self.service == "lambda" else "ThrottlingException"
        return client_error(code, self.operation)


def client_error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "injected"}}, operation)
