"""The desk on this computer as a test meets it: a process, its port, and the file that takes a browser to it."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

from conftest import ROOT


class Service:
    """A running desk over a folder."""

    def __init__(self, folder, lang="zh", port=0):
        environment = os.environ | {
            "XLTOOLS_LANG": lang,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path]),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xltools", "desk", "--no-browser", "--port", str(port)],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        line = self.process.stderr.readline()
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
        self.way_in = Path(re.search(r"[:：]\s*(\S+desk\.html)", line)[1])
        self.entry = re.search(r"token=([\w-]+)", self.way_in.read_text(encoding="utf-8"))[1]
        self.cookie = self.token = ""

    def ask(self, method, target, body=None, **headers):
        """The status and the body of an answer; headers are those that a browser would send, unless given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Host": f"127.0.0.1:{self.port}", "Cookie": self.cookie, "X-Token": self.token} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        with contextlib.closing(connection):
            connection.request(method, target, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            self.headers = answer.headers
            return answer.status, answer.read()

    def enter(self):
        """Exchange the token as the browser does."""
        status, frame = self.ask("GET", f"/open?token={self.entry}")
        assert status == 200
        self.cookie = self.headers["set-cookie"].partition(";")[0]
        self.token = re.search(r'data-token="([^"]+)"', frame.decode())[1]

    def post(self, target, **fields):
        """Send a form with its token."""
        return self.ask("POST", target, urlencode({"token": self.token} | fields))

    def arrive(self, batch, name, body):
        """Send a file, of the batch whose name is this character 16 times."""
        return self.ask("POST", f"/arrive/{batch * 16}?{urlencode({'name': name})}", body)

    def receive(self, batch, count, **fields):
        """Take in what was sent."""
        return self.post("/receive", batch=batch * 16, sent=count, **fields)

    def stop(self, how=signal.SIGINT):
        """End it, and return its exit status."""
        self.process.send_signal(how)
        status = self.process.wait(20)
        self.process.stderr.close()
        return status


@contextlib.contextmanager
def desk_over(folder, lang="zh", port=0):
    """A running desk over *folder*, ended at the end."""
    service = Service(folder, lang, port)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop(signal.SIGKILL)
