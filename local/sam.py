"""``make sam-local``: what ``sam local invoke`` and ``sam local start-api`` need to work on the running local stack.

Two files in ``.local/sam``: ``template.json``, what ``make build`` made, and ``env.json``, the variables of its
functions as they are on the local stack. SAM hands over only variables that the template declares, so in this one they
all are. The local stack has to be one with ``RENDER=image``: only that is in reach of containers.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.aws import Aws
from local.deploy import STACK_NAME
from local.overlay import Template, load_template
from local.ports import HOST
from local.stack import PROJECT

_SERVERLESS = "AWS::Serverless::Function"

_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": ""}
"""Those of the emulator, so that no others reach it, or are needed."""

Variables = dict[str, dict[str, str]]


class NotReady(Exception):
    """Something has to be done first; the message says what."""


def main(environ: Mapping[str, str] = os.environ) -> int:
    state = Path(environ.get("STATE") or PROJECT / ".local")
    try:
        written = write(PROJECT / ".aws-sam" / "build", state)
    except NotReady as error:
        print(error, file=sys.stderr)
        return 1
    where = f"--template {written / 'template.json'} --env-vars {written / 'env.json'}"
    sam = PROJECT / ".venv" / "bin" / "sam"
    print(f"Now, for example:\n\n  {sam} local invoke StatusFunction --event events/status.json {where}")
    print(f"  {sam} local start-api {where}")
    return 0


def write(built: Path, state: Path) -> Path:
    """The folder with the two files.

    Args:
        built: the folder that ``sam build`` wrote.
        state: the folder of the local stack, which has to run.

    Raises:
        NotReady: nothing was built, or no such stack runs.
    """
    if not (built / "template.yaml").exists():
        raise NotReady("Nothing is built: run make build first")
    description = state / "stack.json"
    if not description.exists():
        raise NotReady(f"No local stack runs in {state}: start make dev RENDER=image first")
    endpoint = json.loads(description.read_text(encoding="utf-8"))["awsEndpointUrl"]
    if HOST in endpoint:
        raise NotReady("Containers do not reach this local stack: start it with make dev RENDER=image")
    variables = _variables(Aws(endpoint), endpoint)
    folder = state / "sam"
    folder.mkdir(exist_ok=True)
    template = declaring(load_template(built / "template.yaml"), built.resolve(), variables)
    (folder / "template.json").write_text(json.dumps(template, indent=2) + "\n", encoding="utf-8")
    (folder / "env.json").write_text(json.dumps(variables, indent=2) + "\n", encoding="utf-8")
    return folder


def declaring(template: Template, built: Path, variables: Variables) -> Template:
    """The template as built in a folder, for use from elsewhere, with the variables declared; it is changed."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == _SERVERLESS:
            properties: dict[str, Any] = resource["Properties"]
            if "CodeUri" in properties:
                properties["CodeUri"] = str(built / properties["CodeUri"])
            properties["Environment"]["Variables"] |= dict.fromkeys(variables[name], "")
    return template


def _variables(aws: Aws, endpoint: str) -> Variables:
    """The variables of each function of the local stack, without the paths into the source tree, and its address."""
    resources = aws.cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    found: Variables = {}
    for resource in resources:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            function = aws.functions.get_function_configuration(FunctionName=resource["PhysicalResourceId"])
            own = {name: value for name, value in function["Environment"]["Variables"].items() if name != "PYTHONPATH"}
            found[resource["LogicalResourceId"]] = own | _CREDENTIALS | {"AWS_ENDPOINT_URL": endpoint}
    return found


if __name__ == "__main__":
    sys.exit(main())
