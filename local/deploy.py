"""``template.yaml`` onto the emulator: what CloudFormation does, and what the emulator's CloudFormation leaves out."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from local.aws import Aws
from local.overlay import API_ID, Template, load_template, overlay

STACK_NAME = "reelqueue"
_CODE_BUCKET = "reelqueue-local-code"
_CODE_KEY = "empty.zip"
_DEPLOY_SECONDS = 60


class DeployFailed(Exception):
    """The emulator did not accept the template; the message holds its reasons."""


def deploy(
    aws: Aws, template_file: Path, functions: Path, parameters: Mapping[str, str], render_image: str | None = None
) -> dict[str, str]:
    """Create the stack and wait for it. With ``render_image``, render is a container of that image.

    Returns:
        The physical id of each resource of the stack, by its logical id.

    Raises:
        DeployFailed: with the reasons that the emulator gave.
    """
    _upload_empty_code(aws)
    template = overlay(
        load_template(template_file), functions=functions, code=(_CODE_BUCKET, _CODE_KEY), render_image=render_image
    )
    _upload_includes(aws, template, template_file.parent)
    aws.cloudformation.create_stack(
        StackName=STACK_NAME,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        # The emulator gives a stack's tags to its API, and takes the API's id from this one: so the URL never changes.
        Tags=[{"Key": "ms-custom-id", "Value": API_ID}],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    _wait(aws)
    resources = aws.cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    ids = {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in resources}
    _complete(aws, template, ids)
    return ids


def _upload_empty_code(aws: Aws) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("README", "The handlers are found on PYTHONPATH, in the source tree.\n")
    aws.s3.create_bucket(Bucket=_CODE_BUCKET)
    aws.s3.put_object(Bucket=_CODE_BUCKET, Key=_CODE_KEY, Body=archive.getvalue())


def _upload_includes(aws: Aws, part: object, folder: Path) -> None:
    """Put the files that a template includes into S3, and their addresses into the template: as ``sam deploy`` does."""
    if not isinstance(part, dict):
        return
    for name, inner in part.items():
        if name == "Fn::Transform" and inner["Name"] == "AWS::Include":
            file = folder / inner["Parameters"]["Location"]
            aws.s3.put_object(Bucket=_CODE_BUCKET, Key=file.name, Body=file.read_bytes())
            inner["Parameters"]["Location"] = f"s3://{_CODE_BUCKET}/{file.name}"
        else:
            _upload_includes(aws, inner, folder)


def _wait(aws: Aws) -> None:
    deadline = time.monotonic() + _DEPLOY_SECONDS
    while time.monotonic() < deadline:
        status = aws.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
        if status == "CREATE_COMPLETE":
            return
        if status != "CREATE_IN_PROGRESS":
            break
        time.sleep(0.1)
    events = aws.cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    reasons = [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event.get("ResourceStatus", "").endswith("FAILED") and event.get("ResourceStatusReason")
    ]
    raise DeployFailed("; ".join(reasons) or f"the stack was not complete after {_DEPLOY_SECONDS} s")


def _complete(aws: Aws, template: Template, ids: Mapping[str, str]) -> None:
    """Do what ministack 1.5.33 does not take from a template: gateway responses, and the permission to recurse.

    Both are accepted through their own API calls.
    """
    for response_type, response in template["Resources"]["Api"]["Properties"]["GatewayResponses"].items():
        headers = response.get("ResponseParameters", {}).get("Headers", {})
        status = {"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}
        aws.apigateway.put_gateway_response(
            restApiId=API_ID,
            responseType=response_type,
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=response["ResponseTemplates"],
            **status,
        )
    aws.apigateway.create_deployment(restApiId=API_ID, stageName="api")
    for logical_id, resource in template["Resources"].items():
        recursion = resource.get("Properties", {}).get("RecursiveLoop")
        if recursion is not None:
            aws.functions.put_function_recursion_config(FunctionName=ids[logical_id], RecursiveLoop=recursion)
