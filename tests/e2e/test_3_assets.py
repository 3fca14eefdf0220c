"""A file that a caller uploads can be used in scenes."""

from __future__ import annotations

import io

import requests
from PIL import Image

from tests.e2e.conftest import Client


def test_an_uploaded_asset_is_rendered(client: Client) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 36), "#C02020").save(picture, "PNG")
    form = client.call("POST", "/assets", json={"name": "red.png"}).json()
    upload = form["upload"]
    stored = requests.post(
        upload["url"], data=upload["fields"], files={"file": ("red.png", picture.getvalue())}, timeout=30
    )
    assert stored.status_code == 204, stored.text

    final = client.finish(client.submit(scenes=[{"image": form["src"], "duration": 1}]))

    assert final["status"] == "completed", final
    poster = Image.open(io.BytesIO(requests.get(final["posterUrl"], timeout=30).content)).convert("RGB")
    red, green, blue = poster.resize((1, 1)).tobytes()
    assert red > 150
    assert green < 80
    assert blue < 80
