"""Who is calling: Basic auth (RFC 7617) against the secret that the stack generates.

The secret is JSON: ``username`` and ``password`` of the administrator, and, optionally, ``callers``: a list of
``{"username", "password", "administrator"}``. Anything unexpected is a refusal: this function fails closed. A wrong
name or password is a 401; a secret that cannot be read or is not of its form ends in an exception, which API Gateway
answers with a 500 that says no more.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue.deployment import SecretUnusable, deployment


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

    Every known caller is compared, whatever the header says, by digests of one length: how long it takes tells neither
    whether a name is known nor how long a password is.

    Raises:
        SecretUnusable: the secret is not of its form.
    """
    given = _digest(_credentials(header))
    found = None
    for caller in _callers(secret):
        expected = _digest(f"{caller['username']}:{caller['password']}".encode(errors="surrogatepass"))
        if hmac.compare_digest(expected, given) and caller["password"]:
            found = caller
    return found


def _callers(secret: dict[str, Any]) -> list[dict[str, Any]]:
    others = secret.get("callers", [])
    callers = [{**secret, "administrator": True}, *(others if isinstance(others, list) else [None])]
    for caller in callers:
        names = ("username", "password")
        if not isinstance(caller, dict) or not all(isinstance(caller.get(name), str) for name in names):
            raise SecretUnusable("the secret of the API must hold a username and a password for each of its callers")
    return callers


def _digest(credentials: bytes) -> bytes:
    return hashlib.sha256(credentials).digest()


def _credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return b""


def _whole_stage(method_arn: str) -> str:
    """API Gateway caches the answer for a caller, for all methods: a policy for one route would refuse the next."""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*"
