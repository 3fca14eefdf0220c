"""Fetching: streamed, within limits, and every refusal in words for a client. The network is passed in."""

from __future__ import annotations

import io
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from reelqueue.addresses import Gate
from reelqueue.errors import AssetError
from reelqueue.outgoing import Dialer, guarded_session
from reelqueue.spec import parse_request
from render.engine.assets import FetchError, gather
from render.engine.control import Control, Stopped
from render.engine.process import Ffmpeg
from render.fetch import Fetcher, FetchLimits

URL = "https://cdn.example.com/a.jpg"


class Web(BaseAdapter):
    """Stands in for the network below ``requests``: answers each address with what it is told to."""

    def __init__(self, **answers: tuple[int, dict[str, str], bytes]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        name = str(request.url).rsplit("/", 1)[-1].partition(".")[0]
        status, headers, content = self.answers[name]
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.raw = HTTPResponse(io.BytesIO(content), headers=headers, status=status, preload_content=False)
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        pass


def fetcher(web: Web, clock: Iterator[float] | None = None, **limits: int) -> Fetcher:
    session = requests.Session()
    session.mount("https://", web)
    at: Any = SimpleNamespace(settings=SimpleNamespace(bucket_name="b"))
    return Fetcher(at, "me", session, (lambda: next(clock)) if clock else lambda: 0.0, FetchLimits(**limits))


def go_on() -> None:
    """The render is still wanted."""


def test_a_file_arrives_as_it_is(tmp_path: Path) -> None:
    web = Web(a=(200, {"content-length": "5"}, b"hello"))
    fetcher(web)(URL, tmp_path / "a", go_on)
    assert (tmp_path / "a").read_bytes() == b"hello"
    assert web.asked[0].headers["accept-encoding"] == "identity"


def test_redirects_are_followed_and_counted(tmp_path: Path) -> None:
    web = Web(a=(302, {"location": "/b.jpg"}, b""), b=(200, {}, b"hello"), c=(307, {"location": "/c.jpg"}, b""))
    fetcher(web)(URL, tmp_path / "a", go_on)
    assert (tmp_path / "a").read_bytes() == b"hello"
    with pytest.raises(FetchError, match="more than 5 redirects"):
        fetcher(web)("https://cdn.example.com/c.jpg", tmp_path / "c", go_on)
    assert len(web.asked) == 2 + 6


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {}, b""), "the server answered 404"),
        ((206, {}, b"part"), "the server answered 206"),
        ((200, {"content-encoding": "gzip"}, b"\x1f\x8b"), r"compressed \(gzip\)"),
        ((200, {"content-length": str(3 * 1024**3)}, b""), "larger than 2 GB"),
    ],
)
def test_what_cannot_be_had_is_told(tmp_path: Path, answer: tuple[int, dict[str, str], bytes], words: str) -> None:
    with pytest.raises(FetchError, match=words):
        fetcher(Web(a=answer))(URL, tmp_path / "a", go_on)


def test_a_file_that_is_larger_than_it_may_be_is_broken_off(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="larger than"):
        fetcher(Web(a=(200, {}, bytes(50 << 20))), file_bytes=3 << 20)(URL, tmp_path / "a", go_on)
    assert (tmp_path / "a").stat().st_size <= 3 << 20


def test_the_files_of_a_request_have_a_limit_together(tmp_path: Path) -> None:
    fetch = fetcher(Web(a=(200, {}, b"12345")), total_bytes=12)
    fetch(URL, tmp_path / "1", go_on)
    fetch(URL, tmp_path / "2", go_on)
    with pytest.raises(FetchError, match="the files of this request"):
        fetch(URL, tmp_path / "3", go_on)


def test_a_file_that_comes_too_slowly_is_broken_off(tmp_path: Path) -> None:
    web = Web(a=(200, {}, b"hello"))
    with pytest.raises(FetchError, match="did not arrive within 300 s"):
        fetcher(web, itertools.count(0.0, 301.0))(URL, tmp_path / "a", go_on)


def test_a_stop_ends_a_download(tmp_path: Path) -> None:
    def stopped() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        fetcher(Web(a=(200, {}, b"hello")))(URL, tmp_path / "a", stopped)


class Bucket:
    """S3 as far as it is used, which tells of a large object in parts."""

    def __init__(self, *parts: int) -> None:
        self.parts = parts

    def download_file(self, bucket: str, key: str, path: str, *, Callback: Any) -> None:
        for part in self.parts:
            Callback(part)


def test_objects_of_a_bucket_are_counted_too(tmp_path: Path) -> None:
    at: Any = SimpleNamespace(settings=SimpleNamespace(bucket_name="b"), s3=Bucket(1 << 30, 1 << 30, 1))
    with pytest.raises(FetchError, match="larger than 2 GB"):
        Fetcher(at, "me", requests.Session())("s3://their-bucket/huge.mp4", tmp_path / "a", go_on)


def test_a_source_that_leads_to_the_inside_fails_the_job_by_the_name_of_its_element(tmp_path: Path) -> None:
    at: Any = SimpleNamespace(settings=SimpleNamespace(bucket_name="b"))
    session = guarded_session(Dialer(Gate(), resolver=lambda host, port: ["10.0.0.1"], connect=never))
    scenes = [{"text": "Hello"}, {"elements": [{"type": "image", "src": URL}]}]
    request = parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": scenes})
    message = (
        r"^scenes\[1\]\.elements\[0\]\.src: it was not fetched: "
        r"the host cdn\.example\.com has an address that is not a public one$"
    )
    with pytest.raises(AssetError, match=message) as failed:
        gather(request, tmp_path, Fetcher(at, "me", session), Ffmpeg("ffmpeg", Control(), tmp_path))
    assert failed.value.code == "ASSET_UNAVAILABLE"


def never(address: str, port: int, timeout: float | None) -> socket.socket:
    raise AssertionError(f"{address} was called")
