"""The figures. To add one: write a function here that takes the Bench and yields Results, and mark it with
@figure: its name on the command line, and the executables and packages it needs. Measure ours and the
reference in turn with bench.alternate."""
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .programs import Frontdesk, NotMeasured, memory_kibibytes, nginx, wrk
from .result import Result

FIGURES = {}


@dataclass(frozen=True)
class Figure:
    measure: object
    executables: tuple
    packages: tuple


def figure(name, executables=("frontdesk",), packages=()):
    def add(measure):
        FIGURES[name] = Figure(measure, executables, packages)
        return measure
    return add


@dataclass
class Bench:
    executables: Path
    articles: Path
    folder: Path
    rounds: int

    def frontdesk(self):
        server = Frontdesk(self.executables, self.articles, self.folder)
        server.load_demo()
        return server

    def alternate(self, ours, reference):
        """Measures both in each round, and changes who is first, so that drift hits both alike."""
        rounds = []
        for number in range(self.rounds):
            if number % 2 == 0:
                mine = ours()
                other = reference()
            else:
                other = reference()
                mine = ours()
            rounds.append((mine, other))
        return rounds


@figure("start")
def start(bench):
    """One binary with the demo loaded: from exec to the first 200 of /readyz, and its memory 5 s later."""
    server = bench.frontdesk()
    # The first start makes the administrator and the keys; that happens once in a lifetime.
    with server.running():
        pass
    ready, resident, anonymous = [], [], []
    for _ in range(bench.rounds):
        with server.running() as (process, seconds):
            ready.append((seconds * 1000, None))
            time.sleep(5)
            memory = memory_kibibytes(process)
            resident.append((memory["VmRSS"] / 1024, None))
            anonymous.append(memory["RssAnon"] / 1024)
    yield Result("start.ready", "ms", "max", 300, ready)
    yield Result("start.idle_memory", "MiB", "max", 60, resident,
                 note=f"of it RssAnon {sorted(anonymous)[len(anonymous) // 2]:.1f} MiB; the rest is shared or the program's file")


@figure("conversation-read", packages=("nginx-light=nginx", "wrk=wrk"))
def conversation_read(bench):
    """GET /v1/conversations/{id} with a token on one binary, against nginx's `return 200`; wrk -t1 -c64."""
    server = bench.frontdesk()
    with server.running(), nginx(bench.folder) as reference_port:
        token = server.post("/v1/auth/visitor")["access_token"]
        conversation = server.post("/v1/conversations", {"message": "How do I return a product?"}, token)["id"]
        ours = f"http://127.0.0.1:{server.port}/v1/conversations/{conversation}"
        reference = f"http://127.0.0.1:{reference_port}/"
        headers = [f"Authorization: Bearer {token}"]
        wrk(ours, headers, seconds=2)
        wrk(reference, headers, seconds=2)
        rounds = bench.alternate(lambda: wrk(ours, headers), lambda: wrk(reference, headers))
    yield Result("conversation-read", "requests/s", "ratio_min", 0.25, rounds)


@figure("bus", executables=("frontdesk-bench",))
def bus(bench):
    """What the bus costs, in process and over HTTP: measured in Swift, by the executable frontdesk-bench."""
    done = subprocess.run([bench.executables / "frontdesk-bench"], capture_output=True, text=True, cwd=bench.folder)
    if done.returncode:
        raise NotMeasured(f"frontdesk-bench ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            found = json.loads(line)
            rounds = [(measured["ours"], measured["reference"]) for measured in found["rounds"]]
            yield Result(found["name"], found["unit"], found["compare"], found["target"], rounds)
