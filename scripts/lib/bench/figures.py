"""The figures. To add one: write a function here that takes the Bench and yields Results, and mark it with
@figure: its name on the command line, and the executables and packages it needs. Measure ours and the
reference in turn with bench.alternate."""
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .postgres import job_queue, packages, pgbench, postgresql
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
    # What outlives this run: the references' Python.
    kept: Path

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
    yield from measured_in_swift(bench, "bus")


@figure("sqlite-writes", executables=("frontdesk-bench",))
def sqlite_writes(bench):
    """Durable commits of 64 writers into one SQLite file, against a transaction for each through bare GRDB."""
    yield from measured_in_swift(bench, "sqlite-writes", bench.folder)


@figure("point-reads", executables=("frontdesk-bench",), packages=("postgresql",))
def point_reads(bench):
    """PostgreSQL: a row by its key, 8 callers at once, against `pgbench -S -M prepared -c 8` on the same server."""
    with postgresql(bench.folder) as server:
        server.run("pgbench", "-i", "-q")
        pgbench(server, seconds=1)

        def ours():
            return json.loads(swift(bench, "point-reads", server=server))["reads_per_second"]

        yield Result("point-reads", "reads/s", "ratio_min", 0.8, bench.alternate(ours, lambda: pgbench(server)))


@figure("append-events", executables=("frontdesk-bench",), packages=("postgresql",))
def append_events(bench):
    """PostgreSQL: events with the outbox, 100 a commit, against one INSERT of the same rows through bare libpq."""
    with postgresql(bench.folder) as server:
        yield from measured_in_swift(bench, "append-events", server=server)


@figure("replay-events", executables=("frontdesk-bench",), packages=("postgresql",))
def replay_events(bench):
    """PostgreSQL: a million events streamed in order, against COPY of their table, and what the process grows by."""
    with postgresql(bench.folder) as server:
        yield from measured_in_swift(bench, "replay-events", server=server)


@figure("jobs", executables=("frontdesk-bench",), packages=("postgresql", "python3-venv=uv"))
def jobs(bench):
    """PostgreSQL: jobs that do nothing, one process each, against procrastinate and pgqueuer; and their pick-up."""
    python = packages(bench.kept)
    with postgresql(bench.folder) as server:
        for database in ("procrastinate", "pgqueuer"):
            server.run("createdb", database)

        def ours():
            return json.loads(swift(bench, "jobs", 20_000, server=server))

        # Not pgqueuer's own batches of 10, with which it is at most half as fast.
        def procrastinate():
            return job_queue(python, "procrastinate", server.url("procrastinate"), 2_000, 8)

        def pgqueuer():
            return job_queue(python, "pgqueuer", server.url("pgqueuer"), 20_000, 200)

        rounds = bench.alternate(ours, lambda: (procrastinate(), pgqueuer()))

    def compared(measured, reference):
        return [(mine[measured], other[reference][measured]) for mine, other in rounds]

    yield Result("jobs, procrastinate", "jobs/s", "ratio_min", 5, compared("jobs_per_second", 0))
    yield Result("jobs, pgqueuer", "jobs/s", "ratio_min", 5, compared("jobs_per_second", 1))
    yield Result(
        "jobs, pick-up p50", "ms", "max", 5, compared("pick_up_p50_ms", 0),
        note="from before the commit that enqueues it to its handler; the reference is procrastinate")


def swift(bench, *arguments, server=None):
    """What frontdesk-bench prints."""
    environment = {**os.environ, **({"FRONTDESK_BENCH_POSTGRES_URL": server.url()} if server else {})}
    done = subprocess.run(
        [bench.executables / "frontdesk-bench", *map(str, arguments)], capture_output=True, text=True,
        cwd=bench.folder, env=environment)
    if done.returncode:
        raise NotMeasured(f"frontdesk-bench ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def measured_in_swift(bench, *arguments, server=None):
    """What frontdesk-bench measures on both sides by itself."""
    for line in swift(bench, *arguments, server=server).splitlines():
        if line.startswith("{"):
            found = json.loads(line)
            rounds = [(measured["ours"], measured.get("reference")) for measured in found["rounds"]]
            yield Result(found["name"], found["unit"], found["compare"], found["target"], rounds, found["note"])
