"""The real server, as an owner runs it, on data that is gone afterwards."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ARTICLES = REPOSITORY / "Shared/Composition/Demo/articles.jsonl"
LONGEST_WAIT_SECONDS = 30
LONGEST_STOP_SECONDS = 15
POLL_SECONDS = 0.05


def wait_for(what, condition):
    """The first truth that condition() returns."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        # Why: the server tells that it is ready, or has written, only to whoever looks.
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"Waited {LONGEST_WAIT_SECONDS} s in vain for {what}.")


class Server:
    """frontdesk serve, with the demo shop's articles. Restarted, it keeps its address and its data."""

    def __init__(self, **settings):
        self._program = Path(os.environ["FRONTDESK_TEST_EXECUTABLES"]) / "frontdesk"
        self._home = Path(tempfile.mkdtemp(prefix="frontdesk-web."))
        self.data = self._home / "data"
        self._log = self._home / "log"
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith("FRONTDESK_") or name.startswith("FRONTDESK_TEST_")}
        self._environment = inherited | {
            "FRONTDESK_SITE_NAME": "Harbor & Pine", "FRONTDESK_DATA": str(self.data),
            "FRONTDESK_HTTP_PORT": str(self._port),
        } | settings
        self._process = None

    def import_articles(self):
        done = subprocess.run([self._program, "import", "articles", ARTICLES], env=self._environment,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"The articles were not imported:\n{done.stderr}"

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([self._program, "serve"], env=self._environment, stdout=log, stderr=log)
        wait_for("the server to be ready", self._is_ready)

    def kill(self):
        """As a crash or a lost machine would: without a goodbye."""
        self._process.kill()
        self._process.wait()

    def close(self):
        """Asks it to end, and looks whether it ended well."""
        try:
            if self._process:
                self._process.send_signal(signal.SIGTERM)
                status = self._process.wait(LONGEST_STOP_SECONDS)
                assert status == 0, f"The server ended with {status}:\n{self._log.read_text()}"
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    def printed(self, prefix):
        """What stands behind the prefix in the first line that begins with it."""
        return wait_for(f"the line {prefix!r}", lambda: next(
            (line.removeprefix(prefix) for line in self._log.read_text().splitlines() if line.startswith(prefix)), None))

    def sent_mail(self):
        """The one mail in the outbox."""
        [mail] = wait_for("a mail", lambda: list((self.data / "outbox").glob("*.eml")))
        return mail.read_bytes()

    def _is_ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"The server ended with {self._process.returncode}:\n{self._log.read_text()}")
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
