"""The figures' PostgreSQL: a server that is thrown away, pgbench, and other job queues on the same server."""
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .programs import NotMeasured

_HERE = Path(__file__).resolve().parent
_SCRIPTS = _HERE.parent.parent

# The server lives as long as its standard input is open: whatever ends this program ends the server.
_SERVE = """
set -euo pipefail
source "$1/lib/progress.bash"
source "$1/lib/postgresql.bash"
trap stop_postgresql EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
start_postgresql "$2"
printf '%s\\n' "$postgresql_programs" "$postgresql_folder" "$postgresql_port" "$postgresql_url"
read -r _ || true
"""


@dataclass(frozen=True)
class Server:
    programs: Path
    folder: str
    port: str
    password: str

    def url(self, database="postgres"):
        """Over the Unix socket, which costs less than a connection to a port."""
        return f"postgresql://postgres:{self.password}@/{database}?host={quote(self.folder, safe='')}&port={self.port}"

    def run(self, program, *arguments, database="postgres"):
        environment = {
            **os.environ, "PGHOST": self.folder, "PGPORT": self.port, "PGUSER": "postgres",
            "PGPASSWORD": self.password, "PGDATABASE": database,
        }
        done = subprocess.run([self.programs / program, *arguments], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise NotMeasured(f"{program} ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout


@contextmanager
def postgresql(folder):
    """Starts a server with PostgreSQL's own settings, durable commits among them. Yields the Server."""
    process = subprocess.Popen(
        ["bash", "-c", _SERVE, "bash", _SCRIPTS, folder / "postgresql.log"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        programs, server_folder, port, url = (process.stdout.readline().strip() for _ in range(4))
        if not url:
            raise NotMeasured("the PostgreSQL server did not start")
        yield Server(Path(programs), server_folder, port, re.search(r":([^:@]+)@", url).group(1))
    finally:
        process.stdin.close()
        process.wait(60)


def pgbench(server, seconds=3):
    """Point reads a second over 8 connections, prepared, over the Unix socket."""
    printed = server.run("pgbench", "-n", "-S", "-M", "prepared", "-c", "8", "-T", str(seconds))
    rate = re.search(r"^tps = ([\d.]+) \(without", printed, re.MULTILINE)
    if not rate:
        raise NotMeasured(f"pgbench printed no tps: {printed.strip()[-300:]}")
    return float(rate.group(1))


def packages(kept):
    """A Python with what requirements.txt lists, in the folder `kept`; made anew when that changes."""
    venv, requirements = kept / "venv", _HERE / "requirements.txt"
    installed = venv / "requirements.txt"
    if not installed.exists() or installed.read_text() != requirements.read_text():
        pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements]
        for command in ([sys.executable, "-m", "venv", "--clear", venv], pip):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise NotMeasured(f"the references could not be installed: {(done.stderr or done.stdout).strip()[-300:]}")
        installed.write_text(requirements.read_text())
    return venv / "bin" / "python"


def job_queue(python, name, url, *arguments):
    """One round of jobs_NAME.py."""
    done = subprocess.run(
        [python, _HERE / f"jobs_{name}.py", url, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise NotMeasured(f"{name} ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)
