"""A service that others depend on, and that behaves as badly as it is told to."""

import http.server
import socket
import struct
import threading
import time
from collections import Counter

import requests


class BadCompany:
    """Stands before a real service; `behave[endpoint]` says what happens there, forwarding is the default.

    Behaviours: `refuse` (closes without an answer), `hang` (takes the request and says nothing), `rubbish`
    (200 with no JSON), `wrong` (200 with JSON of another shape), `cut` (half an answer), and any number:
    that status. A list is used up one by one, then it forwards.
    """

    def __init__(self, real: str):
        self.behave: dict[str, object] = {}
        self.seen: Counter[str] = Counter()
        company = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._serve(b"")

            def do_POST(self):
                self._serve(self.rfile.read(int(self.headers.get("content-length", 0))))

            def do_DELETE(self):
                self._serve(b"")

            def _serve(self, body):
                endpoint = self.path.partition("?")[0].strip("/")
                company.seen[endpoint] += 1
                behaviour = company.behave.get(endpoint)
                if isinstance(behaviour, list):
                    behaviour = behaviour.pop(0) if behaviour else None
                self.close_connection = True
                match behaviour:
                    case None:
                        headers = {"content-type": self.headers.get("content-type", "application/json")}
                        answer = requests.request(self.command, real + self.path, data=body, headers=headers, timeout=120)
                        self._answer(answer.status_code, answer.content, answer.headers.get("content-type", ""))
                    case "refuse":
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        self.connection.close()
                    case "hang":
                        time.sleep(60)
                    case "rubbish":
                        self._answer(200, b"<html>It works!</html>", "text/html")
                    case "wrong":
                        self._answer(200, b'{"lyrics": 5, "prompt": [], "file_path": {}, "categories": "x"}', "application/json")
                    case "cut":
                        self.send_response(200)
                        self.send_header("content-type", "application/json")
                        self.send_header("content-length", "1000")
                        self.end_headers()
                        self.wfile.write(b'{"lyrics": "half')
                    case int(status):
                        self._answer(status, b'{"detail": "No."}', "application/json")

            def _answer(self, status, body, content_type):
                try:
                    self.send_response(status)
                    self.send_header("content-type", content_type)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # who asked has gone

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a connection that was closed on purpose

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def well(self) -> None:
        self.behave.clear()
        self.seen.clear()
