"""IAM, as far as ``template.yaml`` uses it: which role may do what, held against each call that a function makes.

While a handler runs, every call to AWS goes through ``Guard``: what its role may not do is refused, as on AWS. ``used``
notes the grants that were needed, so that a test can tell which ones are there for nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

Resources = Mapping[str, Mapping[str, Any]]

_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
# S3 answers HEAD by the right to GET.
_OBJECT_ACTIONS = {"HeadObject": "GetObject"}
_RENDERS_THREADS = ("herald", "watch", "preflight", "fetch", "keep", "ThreadPoolExecutor")
"""Threads that work for the render, which is the only function that has any."""


@dataclass(frozen=True)
class Need:
    """One action on one resource; ``key`` is the table's partition, or the bucket's key that a listing is of."""

    action: str
    resource: str
    key: str | None = None


@dataclass(frozen=True)
class Grant:
    """One action that a role may take on one resource, with the one pattern that a condition puts on the key."""

    role: str
    action: str
    resource: str
    key: str | None = None

    def covers(self, need: Need) -> bool:
        return (
            self.action == need.action
            and fnmatchcase(need.resource, self.resource)
            and (self.key is None or (need.key is not None and fnmatchcase(need.key, self.key)))
        )


def grants(template: Resources) -> set[Grant]:
    """What the roles of the functions may do, taken apart into the smallest pieces."""
    documents = []
    for name, resource in template.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            documents += [(name, policy["PolicyDocument"]) for policy in properties["Policies"]]
        elif resource["Type"] == "AWS::IAM::Policy":
            documents += [(role["Ref"], properties["PolicyDocument"]) for role in properties["Roles"]]
    return {
        Grant(role, action, _place(place), key)
        for role, document in documents
        for statement in document["Statement"]
        for action in _listed(statement["Action"])
        for place in _listed(statement["Resource"])
        for key in _keys(statement.get("Condition", {}))
    }


def needs_of_aws(template: Resources) -> set[tuple[str, Need]]:
    """What AWS itself does in the name of a role: it logs, reads queues, reports failures, keeps the schedule."""
    needs: set[tuple[str, Need]] = set()
    for name, resource in template.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        function = resource["Properties"]
        role = function["Role"]["Fn::GetAtt"][0]
        logs = function["LoggingConfig"]["LogGroup"]["Ref"]
        found = [Need(f"logs:{action}", logs) for action in ("CreateLogStream", "PutLogEvents")]
        found += [Need(f"xray:{action}", "*") for action in ("PutTraceSegments", "PutTelemetryRecords")]
        for event in function.get("Events", {}).values():
            properties = event["Properties"]
            if event["Type"] == "SQS":
                queue = _place(properties["Queue"])
                found += [Need(f"sqs:{a}", queue) for a in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
            if event["Type"] == "ScheduleV2":
                schedule = properties["RoleArn"]["Fn::GetAtt"][0]
                needs.add((schedule, Need("lambda:InvokeFunction", name)))
                needs.add((schedule, Need("sqs:SendMessage", _place(properties["DeadLetterConfig"]["Arn"]))))
        if "EventInvokeConfig" in function:
            target = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"]
            found.append(Need("sqs:SendMessage", _place(target)))
        needs |= {(role, need) for need in found}
    return needs


@dataclass
class Guard:
    """Judges calls. ``names`` maps what calls name (a table, a queue's URL, a secret's ARN, ...) to logical ids."""

    allowed: set[Grant]
    names: Mapping[str, str]
    refused: list[str] = field(default_factory=list)
    used: set[Grant] = field(default_factory=set)
    _roles: dict[int, str] = field(default_factory=dict)
    _judged: dict[tuple[str | None, Need], bool] = field(default_factory=dict)

    @contextmanager
    def acting(self, role: str) -> Iterator[None]:
        """This thread is a function with this role."""
        self._roles[threading.get_ident()] = role
        try:
            yield
        finally:
            del self._roles[threading.get_ident()]

    def handler(self, role: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any) -> Any:
            with self.acting(role):
                return handler(*arguments)

        return guarded

    def call(self, service: str, operation: str, params: Mapping[str, Any], make: Callable[[], Any]) -> Any:
        """Make a call if the role of this thread may. What does not exist refuses it by itself."""
        if self._role is None:
            return make()
        self.demand(operation, *(need for need in self._needs(service, operation, params) if need.resource))
        try:
            return make()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                # Only who may list is told so; others hear that they may not.
                self._note(Need("s3:ListBucket", "Bucket", params["Key"]))
            raise

    def demand(self, operation: str, *needs: Need) -> None:
        """Refuse what the role of this thread may not do."""
        for need in needs:
            if not self._note(need):
                self.refused.append(f"{self._role} may not {need}")
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": str(need)}}, operation)

    @property
    def _role(self) -> str | None:
        role = self._roles.get(threading.get_ident())
        helps = threading.current_thread().name.startswith(_RENDERS_THREADS)
        return "RenderRole" if role is None and helps and "RenderRole" in self._roles.values() else role

    def _note(self, need: Need) -> bool:
        role = self._role
        if (role, need) not in self._judged:
            fitting = {grant for grant in self.allowed if grant.role == role and grant.covers(need)}
            self.used |= fitting
            self._judged[role, need] = role is None or bool(fitting)
        return self._judged[role, need]

    def _needs(self, service: str, operation: str, params: Mapping[str, Any]) -> Iterator[Need]:
        match service:
            case "dynamodb":
                yield from self._on_table(operation, params)
            case "sqs":
                yield Need(f"sqs:{operation}", self.names.get(params["QueueUrl"], ""))
            case "s3":
                action = _OBJECT_ACTIONS.get(operation, operation)
                yield Need(f"s3:{action}", f"{self.names[params['Bucket']]}/{params['Key']}")
            case "polly":
                yield Need(f"polly:{operation}", "*")
            case "secretsmanager":
                yield Need(f"secretsmanager:{operation}", self.names[params["SecretId"]])

    def _on_table(self, operation: str, params: Mapping[str, Any]) -> Iterator[Need]:
        if operation == "TransactWriteItems":
            for item in params["TransactItems"]:
                for kind, write in item.items():
                    yield self._on_row(_TRANSACTION[kind], write, write.get("Key") or write["Item"])
        elif operation == "BatchGetItem":
            for table, request in params["RequestItems"].items():
                for key in request["Keys"]:
                    yield self._on_row(operation, {"TableName": table}, key)
        elif operation == "Query":
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            yield Need("dynamodb:Query", self.names.get(params["TableName"], "") + index)
        else:
            yield self._on_row(operation, params, params["Key"])

    def _on_row(self, action: str, params: Mapping[str, Any], key: Mapping[str, Any]) -> Need:
        return Need(f"dynamodb:{action}", self.names.get(params["TableName"], ""), key["pk"]["S"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _place(value: Any) -> str:
    """A resource by its logical id: with the keys or the index behind it, if there are any."""
    if value == "*":
        return "*"
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    name, _, rest = str(value["Fn::Sub"]).removeprefix("${").partition(".Arn}")
    return name + rest


def _keys(condition: Mapping[str, Any]) -> list[str | None]:
    """The patterns that a condition has for the key; [None] without one."""
    if not condition:
        return [None]
    [(operator, test)] = condition.items()
    [(name, patterns)] = test.items()
    assert (operator, name) in {
        ("StringLike", "s3:prefix"),
        ("ForAllValues:StringLike", "dynamodb:LeadingKeys"),
    }, condition
    return _listed(patterns)
