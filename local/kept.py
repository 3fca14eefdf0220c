"""What a local stack kept of its last run, and how the next one goes on from there.

The rows of the table come back inside the emulator (``local.journal``). The rest is given back here, through the same
calls that any client makes: the objects of the bucket, the messages that nobody had taken, and, as Lambda itself would
do it, one failure record for each render that died with the emulator. The protocol does the rest.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.aws import Aws
from local.journal import Json, read_messages, read_rows

_TABLE = "table.jsonl"
_MESSAGES = "messages.jsonl"
_OBJECTS = "objects"
_DESCRIPTION = ".meta.json"
"""ministack writes one such file beside each object."""


@dataclass(frozen=True)
class Kept:
    """The last run's leavings in ``folder``, moved out of the way of the next run until they are given back.

    ``lost`` are the renders of which Lambda would now report that they failed: ``{"jobId", "attempt", "leg"}``.
    """

    folder: Path
    messages: list[Json]
    lost: list[Json]

    @classmethod
    def take_over(cls, folder: Path) -> Kept:
        """Prepare a folder, new or used, for the next run of the emulator. Nothing is lost if this ends half-way."""
        aside = folder / "before"
        aside.mkdir(parents=True, exist_ok=True)
        messages = read_messages(aside / _MESSAGES) + read_messages(folder / _MESSAGES)
        (aside / _MESSAGES).write_text("".join(json.dumps(entry) + "\n" for entry in messages), encoding="utf-8")
        (folder / _MESSAGES).unlink(missing_ok=True)
        _move(folder / _OBJECTS, aside / _OBJECTS)
        rows = read_rows(folder / _TABLE).values()
        return cls(folder, messages, [_invocation(row) for row in rows if _owes(row)])

    def give_back(self, aws: Aws, resources: Mapping[str, str]) -> None:
        """To be called once the template is deployed. Ended half-way, it is done again at the next start."""
        aside = self.folder / "before"
        for description in sorted((aside / _OBJECTS).rglob(f"*{_DESCRIPTION}")):
            bucket = description.relative_to(aside / _OBJECTS).parts[1]
            if bucket.startswith(resources["Bucket"].rpartition("-")[0]):
                _upload(aws, resources["Bucket"], description)
        queues = {url.rpartition("/")[2]: url for url in resources.values() if url.startswith("http")}
        for message in self.messages:
            if message["queue"] in queues:
                aws.sqs.send_message(QueueUrl=queues[message["queue"]], MessageBody=message["body"])
        for invocation in self.lost:
            record = {
                "version": "1.0",
                "requestContext": {"condition": "RetriesExhausted"},
                "requestPayload": invocation,
                "responsePayload": {"errorMessage": "the emulator ended while the render ran"},
            }
            aws.sqs.send_message(QueueUrl=resources["JobsQueue"], MessageBody=json.dumps(record))
        shutil.rmtree(aside)


def _move(source: Path, target: Path) -> None:
    """Every file of a folder into another one, over what is there."""
    for file in [path for path in source.rglob("*") if path.is_file()]:
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.replace(place)
    shutil.rmtree(source, ignore_errors=True)


def _upload(aws: Aws, bucket: str, description: Path) -> None:
    about = json.loads(description.read_text(encoding="utf-8"))
    file = description.with_name(description.name.removesuffix(_DESCRIPTION))
    aws.s3.upload_file(str(file), bucket, about["key"], ExtraArgs={"ContentType": about["content_type"]})


def _owes(row: Json) -> bool:
    """Whether a row is a job that renders, or that owes its caller a webhook which its render was to post."""
    return row["sk"]["S"] == "JOB" and (row["status"]["S"] == "processing" or bool(row["due"]["M"]))


def _invocation(row: Json) -> Json:
    return {"jobId": row["jobId"]["S"], "attempt": int(row["attempt"]["N"]), "leg": int(row["leg"]["N"])}
