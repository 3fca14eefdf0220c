"""A receiver of webhooks: `WEBHOOK_SECRET=whsec_... python examples/receiver.py 8080`.

Verifies each signature, answers at once, and prints what came; an event that comes twice it prints once. It needs
`standardwebhooks`; docs/webhooks.md shows how to verify without it.
"""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BYTES = 1_000_000


def receiver(port: int, secret: str) -> ThreadingHTTPServer:
    """A server of webhooks that are signed with this secret."""
    webhook = Webhook(secret)
    handled: set[str] = set()  # in a program that is to be restarted: a table

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            if length > MAX_BYTES:
                self._answer(413)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                event = webhook.verify(self.rfile.read(length), headers)
            except WebhookVerificationError:
                self._answer(401)
                return
            self._answer(204)
            if headers["webhook-id"] not in handled:
                handled.add(headers["webhook-id"])
                print(event["type"], event["data"]["jobId"], event["data"].get("videoUrl", ""), flush=True)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Only events are printed."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    with receiver(int(sys.argv[1]), os.environ["WEBHOOK_SECRET"]) as server:
        server.serve_forever()
