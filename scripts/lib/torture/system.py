"""The real programs under torture: Frontdesk as one process or as six, and a PostgreSQL of its own."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from torture.record import Violation

LIBRARY = Path(__file__).resolve().parents[1]
# The gateway last: nobody asks it over the bus.
SERVICES = ["user", "chat", "ai", "analytics", "notification", "gateway"]
START_SECONDS = 60
STOP_SECONDS = 15
ADMIN = {"email": "admin@shop.example", "password": "correct horse battery"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Frontdesk:
    """Frontdesk on a data folder of its own. Killed and started again, it keeps its address and its data."""

    def __init__(self, executables, folder, settings, is_six):
        self._program = executables / "frontdesk"
        self._log = folder / "frontdesk.log"
        self.data = folder / "data"
        self.port = free_port()
        self.names = SERVICES if is_six else ["frontdesk"]
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("FRONTDESK_") or name == "FRONTDESK_TEST_RUN"}
        self._environment = kept | {
            "FRONTDESK_DATA": str(self.data), "FRONTDESK_HTTP_PORT": str(self.port),
            "FRONTDESK_ADMIN_EMAIL": ADMIN["email"], "FRONTDESK_ADMIN_PASSWORD": ADMIN["password"],
        } | settings
        if is_six:
            self._environment |= {"FRONTDESK_BUS": "http", "FRONTDESK_BUS_SECRET": "0123456789" * 4} | {
                f"FRONTDESK_BUS_{name.upper()}_URL": f"http://127.0.0.1:{free_port()}" for name in SERVICES[:-1]}
        self._processes = {}
        # How long each start took until it was ready, in seconds, without the first.
        self.starts = []
        self._lock = threading.Lock()

    def start(self, names=None):
        with self._log.open("ab") as log:
            for name in names or self.names:
                only = [] if name == "frontdesk" else ["--only", name]
                # A session of its own: Ctrl-C is for this program, which then ends the others.
                self._processes[name] = subprocess.Popen(
                    [self._program, "serve", *only], env=self._environment, stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log, start_new_session=True)

    def kill(self, names=None):
        """As a crash would end it: without a goodbye."""
        for name in names or self.names:
            self._processes[name].kill()
        for name in names or self.names:
            status = self._processes[name].wait(STOP_SECONDS)
            if status != -signal.SIGKILL:
                raise Violation(f"{name} had ended by itself with exit code {status}:\n{self.last_lines()}")

    def await_ready(self, since=None):
        """Returns when /readyz answers 200; how long that took goes among the starts."""
        limit = time.monotonic() + START_SECONDS
        while not self.answers_200("/readyz"):
            self.require_alive()
            if time.monotonic() > limit:
                raise Violation(f"Not ready after {START_SECONDS} s:\n{self.last_lines()}")
            # Why: it says so only to whoever asks.
            time.sleep(0.005)
        if since is not None:
            self.starts.append(time.monotonic() - since)

    def require_alive(self):
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise Violation(f"{name} ended by itself with exit code {process.returncode}:\n{self.last_lines()}")

    def answers_200(self, path, seconds=5):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self):
        """Asks it to end. Raises Violation when it doesn't, or not well."""
        for name in reversed(self.names):
            self._processes[name].terminate()
            try:
                status = self._processes[name].wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                raise Violation(f"{name} did not end within {STOP_SECONDS} s") from None
            if status:
                raise Violation(f"{name} ended with exit code {status}:\n{self.last_lines()}")

    def end(self):
        """Whatever its state."""
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def last_lines(self, count=12):
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join(line[:500] for line in lines[-count:])


class PostgreSQL:
    """A server of its own, thrown away afterwards; or a schema prefix on somebody else's."""

    def __init__(self, folder, url=None):
        self._log = folder / "postgresql.log"
        self._folder = self._programs = None
        self.prefix = f"torture_{os.getpid()}_"
        self.url = url
        if url is None:
            said = self._bash(
                'start_postgresql "$log" max_connections=500 >&2\n'
                'printf "%s\\n" "$postgresql_url" "$postgresql_folder" "$postgresql_programs"')
            self.url, self._folder, self._programs = said.splitlines()[-3:]

    @property
    def is_own(self):
        return self._folder is not None

    @property
    def settings(self):
        return {"FRONTDESK_DATABASE_URL": self.url, "FRONTDESK_DATABASE_SCHEMA_PREFIX": self.prefix}

    def restart_at_once(self):
        """As after a crash of the server: nobody is told, and it recovers from its log. Returns when it is up."""
        self._bash('as_postgres "$postgresql_programs/pg_ctl" restart --mode=immediate --wait --timeout=60 --silent '
                   '--pgdata="$postgresql_folder/data" --log="$postgresql_folder/server.log"')

    def processes(self):
        """The server and all that work for it."""
        postmaster = int(Path(self._folder, "data/postmaster.pid").read_text().split()[0])
        children = [
            int(status.parent.name) for status in Path("/proc").glob("[0-9]*/status")
            if re.search(rf"^PPid:\t{postmaster}$", _read(status), re.MULTILINE)]
        return [postmaster, *children]

    def signal_all(self, number):
        # The postmaster first: it would start more while the others stand still.
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def end(self):
        if self.is_own:
            self._bash("stop_postgresql")
            self._folder = None
        elif self.url:
            drop = "; ".join(f"DROP SCHEMA IF EXISTS {self.prefix}{name} CASCADE" for name in SERVICES)
            self._bash('"$(find_postgresql)/psql" --quiet --command "SET client_min_messages = warning" '
                       f'--command "{drop}" "$url" >&2')

    def _bash(self, script):
        """Runs the script with the functions of scripts/lib/postgresql.bash. Returns what it printed."""
        done = subprocess.run(
            ["bash", "-c", f'set -euo pipefail; source "{LIBRARY}/progress.bash"; '
                           f'source "{LIBRARY}/postgresql.bash"\n'
                           'log=$1 url=$2 postgresql_folder=$3 postgresql_programs=$4\n' + script,
             "torture", str(self._log), self.url or "", self._folder or "", self._programs or ""],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
        if done.returncode:
            raise RuntimeError("The PostgreSQL server could not be handled; what it said is above.")
        return done.stdout


def _read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def articles():
    """A small help centre, in the words of POST /v1/knowledge/imports."""
    lines = (LIBRARY.parents[1] / "Shared/Composition/Demo/articles.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line.strip()][:8]
