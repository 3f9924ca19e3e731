"""Ctrl-C: what is under way ends well, and the command says how to go on."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from pathlib import Path

import pytest

from laptop.console import ExitCode
from tests.support.alex_process import running_alex
from tests.support.local_api import local_services

pytestmark = [
    pytest.mark.usefixtures("ctrl_c_is_heard"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process"),
]


@contextmanager
def slow_page(asked: threading.Event, go_on: threading.Event) -> Iterator[str]:
    """A page that is not there before it is told to be."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                self.send_error(404)
                return
            asked.set()
            go_on.wait(60)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_stopped_ingest_keeps_what_is_in_and_goes_on_when_repeated(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    count = 400
    text = "Revenue of division {} rose in the quarter, and its costs fell. " * 20
    lines = [json.dumps({"id": f"d{n}", "text": text.replace("{}", str(n))}) for n in range(count)]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    folder = tmp_path / "data"
    with (
        local_services(folder) as services,
        running_alex("ingest", str(corpus), "--json", ALEX_DATA_DIR=str(folder)) as run,
    ):
        while not services.knowledge.list(limit=1).items:
            assert run.poll() is None, run.communicate()
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=120)
        assert run.returncode == ExitCode.STOPPED, err
        summary = json.loads(out)
        kept = {document["document_id"] for document in summary["documents"]}
        assert summary["stopped"] is True
        assert 0 < len(kept) < count
        assert "Traceback" not in err
        for document_id in kept:
            services.knowledge.get(document_id)


def test_stopped_research_is_cancelled(tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()
    with (
        slow_page(asked, go_on) as address,
        local_services(tmp_path) as services,
        running_alex(
            "research",
            "cash",
            "--url",
            f"http://{address}/",
            ALEX_DATA_DIR=str(tmp_path),
            ALEX_ALLOW_HOSTS=address,
            ALEX_BROWSER="",
        ) as run,
    ):
        assert asked.wait(90), run.communicate()
        run.send_signal(signal.SIGINT)
        [job] = services.research.list().items
        while not services.research.get(job.id).cancel_requested:
            assert run.poll() is None, run.communicate()
        go_on.set()
        _, err = run.communicate(timeout=120)
        assert run.returncode == ExitCode.STOPPED, err
        assert services.research.get(job.id).status == "cancelled"
        assert "Cancelling" in err
        assert "Traceback" not in err


def test_a_service_that_is_stopped_has_done_its_work(tmp_path: Path) -> None:
    args = ("serve", "--port", "0", "--json")
    with running_alex(*args, ALEX_DATA_DIR=str(tmp_path)) as run:
        assert run.stdout is not None
        told = list(takewhile(lambda line: line not in {"}\n", ""}, run.stdout))
        assert json.loads("".join([*told, "}"]))["data_dir"] == str(tmp_path)
        run.send_signal(signal.SIGINT)  # it listens, or it would not have told where
        _, err = run.communicate(timeout=60)
        assert run.returncode == ExitCode.OK, err
        assert err == "Stopped.\n"
