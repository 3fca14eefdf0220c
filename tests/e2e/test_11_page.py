"""The page on which the API is read and tried out: all of it comes from the local stack, and what it calls answers."""

from __future__ import annotations

import re

import requests

from local.page import PAGE
from tests.e2e.conftest import Client


def test_the_page_loads_everything_from_its_own_host(client: Client) -> None:
    page = requests.get(client.stack.description.awsEndpointUrl + PAGE, timeout=30)
    assert page.headers["Content-Type"].startswith("text/html")
    addresses = re.findall(r'(?:href|src|url)(?:=|: )"([^"]+)"', page.text)
    assert len(addresses) == 4
    for address in addresses:
        if address == "data:,":
            continue
        assert address.startswith("/_reelqueue/")
        found = requests.get(client.stack.description.awsEndpointUrl + address, timeout=30)
        assert found.status_code == 200
        assert len(found.content) > 10_000
    assert "//" not in page.text.replace("<!DOCTYPE", "")


def test_what_the_page_offers_to_try_is_accepted(client: Client) -> None:
    endpoint = client.stack.description.awsEndpointUrl
    document = requests.get(f"{endpoint}/_reelqueue/openapi.json", timeout=30).json()
    [server] = document["servers"]
    assert endpoint + server["url"] == client.stack.api_url
    operation = document["paths"]["/generate-video-async"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["examples"]["oneTitle"]["value"]
    answer = requests.post(
        f"{endpoint}{server['url']}/generate-video-async", json=example, auth=client.stack.auth, timeout=30
    )
    assert answer.status_code == 202
    assert client.call("POST", f"/jobs/{answer.json()['jobId']}/cancel").status_code == 200


def test_the_api_serves_its_document_to_callers_only(client: Client) -> None:
    assert client.call("GET", "/openapi.json").json()["openapi"] == "3.1.0"
    assert requests.get(f"{client.stack.api_url}/openapi.json", timeout=30).status_code == 401
