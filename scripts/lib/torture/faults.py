"""What is done to a Frontdesk under load. Each fault is a function of a Run; afterwards everything is checked."""
import os
import signal
import subprocess
import threading
import time
from contextlib import closing

HEALING_SECONDS = 5
HANG_SECONDS = 5
# Longer than any request may take: by then all of them are refused.
LONG_HANG_SECONDS = 20
DISK_MEBIBYTES = 16
PROGRESS_SECONDS = 10
CALM_SECONDS = 5


def kill(run):
    """kill -9 at random moments, also during the start: of the one process, or of some of the six."""
    done, said = 0, time.monotonic()
    while done < run.times:
        run.await_acknowledged(run.random.randint(0, 60))
        time.sleep(run.random.random() * 0.005)
        names = _victims(run)
        while True:
            run.frontdesk.kill(names)
            done += 1
            began = time.monotonic()
            run.frontdesk.start(names)
            if done == run.times or run.random.random() > 0.15:
                break
            time.sleep(run.random.random() * 0.4)
        run.frontdesk.await_ready(since=began)
        if time.monotonic() - said > PROGRESS_SECONDS:
            said = time.monotonic()
            run.say(f"{done} of {run.times} kills, {run.record.acknowledged} operations acknowledged, "
                    f"{run.record.unknown} without an answer")


def postgresql_restart(run):
    """The database server ends as in a crash, and starts again."""
    with Watch(run):
        for number in range(run.times):
            run.await_acknowledged(run.random.randint(20, 100))
            run.postgresql.restart_at_once()
            run.say(f"PostgreSQL restarted ({number + 1} of {run.times}): healed in {run.await_healed():.2f} s")


def postgresql_hang(run):
    """The database server stands still, with its connections open, and goes on later."""
    with Watch(run):
        for number in range(run.times):
            seconds = LONG_HANG_SECONDS if number == run.times - 1 else HANG_SECONDS
            run.await_acknowledged(run.random.randint(20, 100))
            before = run.record.refused
            run.postgresql.signal_all(signal.SIGSTOP)
            try:
                time.sleep(seconds)
                run.record.expect(not run.frontdesk.answers_200("/readyz"), "Ready without its database")
            finally:
                run.postgresql.signal_all(signal.SIGCONT)
            refused = run.record.refused - before
            run.record.expect(refused or seconds < LONG_HANG_SECONDS, f"Nothing was refused in a hang of {seconds} s")
            run.say(f"PostgreSQL hung for {seconds} s ({number + 1} of {run.times}): {refused} refused, "
                    f"healed in {run.await_healed():.2f} s")


def disk_full(run):
    """The disk with the data fills up, several times, and gets more room; the last time after a kill."""
    with closing(run.admin()) as reader, Watch(run):
        for number in range(1, run.times):
            _await_full(run, reader)
            run.disk.resize(DISK_MEBIBYTES + 2 * number)
            run.say(f"Disk full ({number} of {run.times}): healed in {run.await_healed():.2f} s")
        _await_full(run, reader)
    run.frontdesk.kill()
    run.disk.resize(DISK_MEBIBYTES * 8)
    run.load.padding = 0
    began = time.monotonic()
    run.frontdesk.start()
    run.frontdesk.await_ready(since=began)
    run.say(f"Disk full ({run.times} of {run.times}), killed, started with more room: "
            f"healed in {run.await_healed():.2f} s")


def _await_full(run, reader):
    run.load.padding = 1500
    run.await_refusals(20)
    # For a while: whoever tries again and again must not make it worse.
    time.sleep(2)
    answer = reader.once("GET", "/v1/conversations?limit=5")
    run.record.expect(answer.status == 200, f"With the disk full, reading answered {answer}")


def clock_jump(run):
    """The clock goes an hour forth and back again."""
    with Watch(run):
        for number in range(run.times):
            for offset in (3600, 0):
                run.set_clock(offset)
                run.calm()
                run.await_acknowledged(20)
                run.frontdesk.require_alive()
            run.say(f"The clock jumped an hour and back ({number + 1} of {run.times})")


FAULTS = {"kill": kill, "disk-full": disk_full, "postgresql-restart": postgresql_restart,
          "postgresql-hang": postgresql_hang, "clock-jump": clock_jump}


class Watch:
    """Looks all the time whether /healthz answers 200: the process is alive, whatever it depends on."""

    def __init__(self, run):
        self._run = run
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(0.1):
            began = time.monotonic()
            if not self._run.frontdesk.answers_200("/healthz"):
                self._run.record.violate(
                    f"/healthz did not answer 200 at {self._run.record.seconds():.1f} s, "
                    f"after {time.monotonic() - began:.2f} s")
                return


class SmallDisk:
    """A tmpfs that holds little. Only root may mount one."""

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise SystemExit("--fault disk-full mounts a small file system, which only root may.")
        self._folder = folder
        folder.mkdir(mode=0o700)
        self._mount("mode=0700", DISK_MEBIBYTES)

    def resize(self, mebibytes):
        self._mount("remount", mebibytes)

    def _mount(self, option, mebibytes):
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"{option},size={mebibytes}m", "torture", self._folder], check=True)

    def end(self):
        subprocess.run(["umount", self._folder], check=False)


def _victims(run):
    names = run.frontdesk.names
    dice = run.random.random()
    count = len(names) if dice < 0.2 else 2 if dice < 0.3 else 1
    return run.random.sample(names, min(count, len(names)))
