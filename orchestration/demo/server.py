"""The demo company's OpenAI, Anthropic, MLflow and Prometheus, answering on loopback as these do.

Real paths, parameters, page limits, error bodies and shapes of answers; the numbers come from the
files that ``make_demo`` wrote. The first request of each path is told to come again (429), so that
every run proves that the extraction waits and retries.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from orchestration.demo.experiments import TrackingApi, read_tracked_runs, tracking_apis
from orchestration.demo.prometheus_api import PrometheusApi
from orchestration.demo.vendor_api import (
    Answer,
    Api,
    ApiError,
    Query,
    anthropic_apis,
    openai_apis,
)

DEMO_ADMIN_KEY = "demo-admin-key"

_HOST = "127.0.0.1"
# A number of a JSON answer that must keep its digits; see `vendor_api.exact_number`.
_EXACT_NUMBER = re.compile(r'"exact number (-?[0-9.]+)"')


class PortTakenError(RuntimeError):
    """Another program listens on the demo's port."""


@contextmanager
def serve(vendors_dir: Path, port: int) -> Iterator[str]:
    """Serve the demo company's vendors while the block runs.

    Args:
        vendors_dir: The folder that holds ``openai/``, ``anthropic/``, ``mlflow/`` and
            ``prometheus/``.
        port: Port on loopback; 0 takes any free one.

    Yields:
        The base address, such as ``http://127.0.0.1:8711``.

    Raises:
        PortTakenError: The port is in use.
    """
    apis: dict[str, Api | TrackingApi | PrometheusApi] = {
        api.path: api for api in (*openai_apis(vendors_dir), *anthropic_apis(vendors_dir))
    }
    apis |= {api.path: api for api in tracking_apis(read_tracked_runs(vendors_dir / "mlflow"))}
    telemetry = PrometheusApi(vendors_dir / "prometheus")
    apis[telemetry.path] = telemetry
    try:
        server = _VendorServer((_HOST, port), apis)
    except OSError as error:
        raise PortTakenError(
            f"The demo's vendors cannot listen on {_HOST}:{port} ({error.strerror}). "
            "Is another run or make ui going on? Stop it, or whatever else uses the port."
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{_HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _VendorServer(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], apis: Mapping[str, Api | TrackingApi | PrometheusApi]
    ) -> None:
        self.apis = apis
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def is_first_request(self, path: str) -> bool:
        """Say whether nobody with a valid key has asked for this path before."""
        with self._lock:
            is_first = path not in self._asked
            self._asked.add(path)
        return is_first


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else a body waits 40 ms behind its headers, until the client has acknowledged them.
    disable_nagle_algorithm = True
    server: _VendorServer

    def do_GET(self) -> None:
        """Answer one request."""
        url = urlsplit(self.path)
        self._answer(url.path, parse_qsl(url.query, keep_blank_values=True))

    def do_POST(self) -> None:
        """Answer one search, whose question is a JSON object."""
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))
        pairs = [
            (name, str(item))
            for name, value in question.items()
            for item in (value if isinstance(value, list) else [value])
        ]
        self._answer(urlsplit(self.path).path, pairs)

    def _answer(self, path: str, query: Query) -> None:
        api = self.server.apis.get(path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if api is None:
            answer = _unknown_path(self.command, path)
        else:
            try:
                api.check_headers(headers, DEMO_ADMIN_KEY)
                if self.server.is_first_request(api.path):
                    answer = api.too_many_requests()
                else:
                    answer = api.answer(query, headers)
            except ApiError as error:
                answer = api.refusal(error)
        self._send(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal for the pipeline's own words."""

    def _send(self, answer: Answer) -> None:
        text = json.dumps(answer.body, separators=(",", ":"))
        body = _EXACT_NUMBER.sub(r"\1", text).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _unknown_path(method: str, path: str) -> Answer:
    if path.startswith("/v1/organizations/"):
        error = {"type": "not_found_error", "message": "Not found"}
        return Answer(404, {"type": "error", "error": error})
    message = f"Invalid URL ({method} {path})"
    error = {"message": message, "type": "invalid_request_error", "param": "", "code": ""}
    return Answer(404, {"error": error})
