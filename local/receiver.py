"""A webhook receiver such as a client would run: it trusts nothing but the signature.

``POST /webhook`` verifies with the ``standardwebhooks`` package and keeps the event; ``GET /received`` (and
``GET /received?jobId=...``) lists what came, every delivery, as JSON: ``[{"id", "type", "timestamp", "data"}]``.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

from local.ports import HOST

Event = dict[str, Any]


class Receiver:
    """The receiver on a port of its own, in threads of this process.

    ``say`` gets a line for each delivery; ``refuse_next`` makes a number of deliveries fail with 503 first.
    """

    def __init__(
        self, port: int, secret: str, say: Callable[[str], None] = lambda line: None, *, host: str = HOST
    ) -> None:
        self.say = say
        self.refuse_next = 0
        self._webhook = Webhook(secret)
        self._events: list[Event] = []
        self._lock = threading.Lock()
        self._server = _Server((host, port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, name="webhook-receiver", daemon=True)

    @property
    def url(self) -> str:
        """Where webhooks are to be posted."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/webhook"

    def received(self, job_id: str | None = None) -> list[Event]:
        """The events that came, in the order in which they came; of one job, or of all."""
        with self._lock:
            return [event for event in self._events if job_id is None or event["data"]["jobId"] == job_id]

    def take(self, body: bytes, headers: dict[str, str]) -> HTTPStatus:
        """Verify and keep one delivery; the answer to it."""
        with self._lock:
            if self.refuse_next > 0:
                self.refuse_next -= 1
                return HTTPStatus.SERVICE_UNAVAILABLE
        try:
            content = self._webhook.verify(body, headers)
        except WebhookVerificationError as error:
            self.say(f"🔔 refused a webhook: {error}")
            return HTTPStatus.UNAUTHORIZED
        with self._lock:
            self._events.append({"id": headers["webhook-id"], **content})
        self.say(f"🔔 {content['type']} {content['data']['jobId']}")
        return HTTPStatus.NO_CONTENT

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that dies in the middle of a sentence is no fault of this server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if urlsplit(self.path).path != "/webhook":
                self._answer(HTTPStatus.NOT_FOUND)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(receiver.take(body, headers))

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path != "/received":
                self._answer(HTTPStatus.NOT_FOUND)
                return
            job_id = parse_qs(url.query).get("jobId", [None])[0]
            self._answer(HTTPStatus.OK, json.dumps(receiver.received(job_id)).encode())

        def _answer(self, status: HTTPStatus, body: bytes = b"") -> None:
            self.send_response(status)
            if status is not HTTPStatus.NO_CONTENT:
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Not into the terminal: ``say`` has what there is to say."""

    return Handler
