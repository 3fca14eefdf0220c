"""Who is calling: Basic auth (RFC 7617) against the secret that the stack generates.

The secret is JSON: ``username`` and ``password`` of the administrator, and, optionally, ``callers``: a list of
``{"username", "password", "administrator"}``. Anything unexpected is a refusal: this function fails closed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue.deployment import deployment


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a TOKEN authorizer's event with a policy for the whole stage, or refuse (401)."""
    at = deployment()
    secret = at.secret(at.settings.auth_secret_arn)
    caller = authenticate(secret, event.get("authorizationToken", ""))
    if caller is None:
        # This very message makes API Gateway answer 401; an explicit Deny would be a 403.
        raise Exception("Unauthorized")
    return {
        "principalId": caller["username"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": _whole_stage(event["methodArn"])}
            ],
        },
        "context": {"administrator": "true" if caller.get("administrator") is True else "false"},
    }


def authenticate(secret: dict[str, Any], header: str) -> dict[str, Any] | None:
    """The caller whose name and password a Basic ``Authorization`` header carries, or None.

    Every known caller is compared, in constant time, whatever the header says.
    """
    callers = [{**secret, "administrator": True}, *secret.get("callers", [])]
    given = _credentials(header)
    found = None
    for caller in callers:
        expected = f"{caller['username']}:{caller['password']}".encode()
        if hmac.compare_digest(expected, given) and caller["password"]:
            found = caller
    return found


def _credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        return b""


def _whole_stage(method_arn: str) -> str:
    """API Gateway caches the answer for a caller, for all methods: a policy for one route would refuse the next."""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*"
