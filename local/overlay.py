"""The real template, changed in as little as a laptop needs: one function from template to template, without I/O.

What is deployed locally is ``template.yaml`` itself; this list is all that differs:

- functions run from the source tree (``PYTHONPATH``) in the interpreter of ``.venv``, and so does render, which
  is a container image on AWS;
- webhooks and assets may reach private addresses: the receiver and the test assets are on this machine;
- scenes are spoken by espeak-ng: nothing on a laptop speaks as Amazon Polly does;
- the two secrets are known instead of generated;
- the bucket's TLS-only policy is left out: the emulator enforces policies, and speaks plain HTTP.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

USERNAME = "admin"
PASSWORD = "changeme"
API_ID = "reelqueue"
API_PATH = f"/_aws/execute-api/{API_ID}/api"
"""Where the emulator has the API, stage and all."""
WEBHOOK_SECRET = "whsec_bG9jYWwtb25seS1yZWVscXVldWUtc2VjcmV0ISE="

_REACHES_OUT = ("SubmitFunction", "RenderFunction", "WebhooksFunction")
_RENDER = "RenderFunction"

Template = dict[str, Any]


def load_template(path: Path) -> Template:
    """A CloudFormation template as plain data, its short forms (``!Ref x``) written out (``{"Ref": "x"}``)."""
    loaded: Template = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    return loaded


def overlay(template: Template, *, functions: Path, code: tuple[str, str], render_image: str | None = None) -> Template:
    """The template as the emulator gets it.

    Args:
        template: what ``load_template`` gave; it is not changed.
        functions: the folder with the handlers.
        code: S3 bucket and key of a zip for the functions. It may be empty: the handlers are found in ``functions``.
        render_image: an image for render. It then stays a container, with the code that is in the image.
    """
    local = copy.deepcopy(template)
    resources = local["Resources"]
    code_uri = {"Bucket": code[0], "Key": code[1]}
    local["Globals"]["Function"]["CodeUri"] = code_uri
    render = resources[_RENDER]["Properties"]
    if render_image is not None:
        render["ImageUri"] = render_image
    else:
        del resources[_RENDER]["Metadata"]
        render.pop("PackageType")
        render.update(CodeUri=code_uri, Handler="render.app.lambda_handler", Runtime="python3.13")
    for name, resource in resources.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        variables = resource["Properties"]["Environment"]["Variables"]
        if resource["Properties"].get("PackageType") != "Image":
            variables["PYTHONPATH"] = str(functions)
        if name == _RENDER:
            variables["VOICE_ENGINE"] = "espeak"
        if name in _REACHES_OUT:
            variables["ALLOW_PRIVATE_ADDRESSES"] = "true"
    _fix_secret(resources["AuthSecret"], {"username": USERNAME, "password": PASSWORD})
    _fix_secret(resources["WebhookSecret"], {"secret": WEBHOOK_SECRET})
    del resources["BucketPolicy"]
    return local


def _fix_secret(resource: dict[str, Any], value: dict[str, str]) -> None:
    del resource["Properties"]["GenerateSecretString"]
    resource["Properties"]["SecretString"] = json.dumps(value)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags."""


def _short_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)
