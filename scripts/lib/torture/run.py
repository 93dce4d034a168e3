"""One run: a Frontdesk under load, a fault, and the check of what is left."""
import random
import shutil
import statistics
import struct
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

from torture.checker import Checker, check_files
from torture.client import API
from torture.faults import CALM_SECONDS, FAULTS, HEALING_SECONDS, SmallDisk
from torture.load import Load
from torture.record import Record, Violation
from torture.system import Frontdesk, PostgreSQL, articles


class Run:
    def __init__(self, options, executables, folder, say):
        self.say = say
        self.folder = folder
        self.seed = options.seed
        self.times = options.kills if options.fault == "kill" else options.times
        self.random = random.Random(f"{options.seed}/faults")
        self._options = options
        self._executables = executables
        self.frontdesk = self.postgresql = self.load = self.disk = None
        self.record = Record(folder / "operations.jsonl")

    def go(self):
        """Whether every promise was kept."""
        try:
            self._prepare()
            FAULTS[self._options.fault](self)
            self.say(f"Checking {self.record.acknowledged} acknowledged operations")
            self.load.finish_writing()
            Checker(self.frontdesk, self.record, self.seed, self.say).check()
            self.load.stop()
            self.frontdesk.stop()
            if not self.postgresql:
                check_files(self.frontdesk.data, self.record)
            self._judge_starts()
        except Violation as violation:
            self.record.violate(str(violation))
        finally:
            self._clean_up()
        return not self.record.violations

    # ---- What faults wait for

    def await_acknowledged(self, count, seconds=30):
        """Returns when so many more operations have been acknowledged."""
        wanted = self.record.acknowledged + count
        limit = time.monotonic() + seconds
        while self.record.acknowledged < wanted:
            self.load.require_unbroken()
            self.frontdesk.require_alive()
            if time.monotonic() > limit:
                raise Violation(f"Fewer than {count} operations were acknowledged in {seconds} s")
            time.sleep(0.001)

    def await_refusals(self, count, seconds=180):
        wanted = self.record.refused + count
        limit = time.monotonic() + seconds
        while self.record.refused < wanted:
            self.load.require_unbroken()
            self.frontdesk.require_alive()
            if time.monotonic() > limit:
                raise Violation(f"Nothing was refused in {seconds} s")
            time.sleep(0.01)

    def await_healed(self):
        """Returns after how many seconds it was ready and took operations again."""
        began = time.monotonic()
        self.frontdesk.await_ready()
        self.await_acknowledged(1)
        seconds = time.monotonic() - began
        self.record.expect(seconds <= HEALING_SECONDS, f"Healed only after {seconds:.1f} s")
        return seconds

    def admin(self):
        api = API(self.frontdesk.port, self.record, threading.Event())
        api.sign_in_as_admin()
        return api

    def calm(self):
        time.sleep(CALM_SECONDS)

    def set_clock(self, seconds):
        """How far the clock of Frontdesk is ahead."""
        with (self.folder / "clock").open("r+b") as clock:
            clock.write(struct.pack("=q", seconds))

    # ---- Before and after

    def _prepare(self):
        options, settings = self._options, {}
        if options.database == "postgresql":
            self.say("Starting PostgreSQL" if not options.postgresql_url else "Using the PostgreSQL that was named")
            self.postgresql = PostgreSQL(self.folder, options.postgresql_url)
            settings |= self.postgresql.settings
        if options.fault == "clock-jump":
            settings |= self._clock()
        if options.fault == "disk-full":
            self.disk = SmallDisk(self.folder / "data")
        self.frontdesk = Frontdesk(self._executables, self.folder, settings, options.six)
        self.frontdesk.start()
        self.frontdesk.await_ready()
        with closing(self.admin()) as admin:
            answer = admin.settle("POST", "/v1/knowledge/imports", {"articles": articles()})
            if answer.status != 200:
                raise Violation(f"The articles were not imported: {answer}")
        self.load = Load(self.frontdesk, self.record, self.seed, options.clients)
        self.load.start()
        self.await_acknowledged(5)
        self.say(f"{'Six processes' if options.six else 'One process'}, {options.database}, {options.clients} contacts; "
                 f"{options.fault} × {self.times}, seed {self.seed}")

    def _clock(self):
        compiler = shutil.which("clang") or shutil.which("cc")
        if compiler is None:
            raise SystemExit("--fault clock-jump wants clang, which comes with Swift.")
        library = self.folder / "clock.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, Path(__file__).with_name("clock.c")],
                       check=True)
        (self.folder / "clock").write_bytes(bytes(8))
        return {"LD_PRELOAD": str(library), "TORTURE_CLOCK": str(self.folder / "clock")}

    def _judge_starts(self):
        starts = self.frontdesk.starts
        if starts:
            self.say(f"Ready after {statistics.median(starts):.2f} s (p50), {max(starts):.2f} s at most, "
                     f"of {len(starts)} starts")
            self.record.expect(max(starts) <= self._options.ready_seconds,
                               f"Ready only after {max(starts):.2f} s, later than {self._options.ready_seconds} s")

    def _clean_up(self):
        if self.load:
            self.load.stop()
        if self.frontdesk:
            self.frontdesk.end()
        if self.postgresql:
            self.postgresql.end()
        if self.disk:
            self.disk.end()
        self.record.close()
