"""The programs that figures start: Frontdesk, nginx as the reference, wrk as the load."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path


class NotMeasured(Exception):
    """A figure could not be measured; the message says why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers_200(port, path):
    """Whether the path answers 200 now. It costs little, so that waiting for it doesn't blur what is timed."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def wait_until_200(process, port, path, seconds=30):
    """Returns when the path answers 200.
    Raises NotMeasured when the process ends before, or the time is over."""
    limit = time.monotonic() + seconds
    while not answers_200(port, path):
        if process.poll() is not None:
            raise NotMeasured(f"{process.args[0]} ended with exit code {process.returncode}")
        if time.monotonic() > limit:
            raise NotMeasured(f"{process.args[0]} was not ready after {seconds} s")
        time.sleep(0.0005)


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Frontdesk:
    """One binary with the demo loaded, on a port of its own. Its settings are the defaults, except the limits
    on requests, which would measure themselves."""

    def __init__(self, executables, articles, folder):
        self._program = executables / "frontdesk"
        self._articles = articles
        self._folder = folder
        self.data = folder / "data"
        self.port = free_port()
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FRONTDESK_")}
        self._environment = {
            **kept, "FRONTDESK_DATA": str(self.data), "FRONTDESK_HTTP_PORT": str(self.port),
        }

    def load_demo(self):
        self.data.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [self._program, "import", "articles", self._articles, "--data", self.data],
            env=self._environment, capture_output=True, text=True)
        if done.returncode:
            raise NotMeasured(f"the demo could not be imported: {done.stderr.strip()[-300:]}")

    @contextmanager
    def running(self):
        """Runs it. Yields the process and how long it took to be ready, in seconds."""
        with open(self._folder / "frontdesk.log", "ab") as log:
            started = time.perf_counter()
            process = subprocess.Popen(
                [self._program, "serve"], env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                wait_until_200(process, self.port, "/readyz")
                yield process, time.perf_counter() - started
            finally:
                end(process)

    def post(self, path, body=None, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        connection.request("POST", path, json.dumps(body if body is not None else {}), headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status not in (200, 201):
            raise NotMeasured(f"POST {path} answered {response.status}: {content[:200].decode(errors='replace')}")
        return json.loads(content)


def memory_kibibytes(process):
    """What the kernel says the process holds: {"VmRSS": …, "RssAnon": …}."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return {name: int(number) for name, number in re.findall(r"^(VmRSS|RssAnon):\s+(\d+) kB", status, re.MULTILINE)}


_NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "ok"; }}
    }}
}}
"""


@contextmanager
def nginx(folder):
    """nginx with one worker that answers everything with `return 200`. Yields its port."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, port=port))
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    process = subprocess.Popen(
        [program, "-c", configuration, "-e", folder / "nginx-error.log"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_200(process, port, "/")
        yield port
    finally:
        end(process)


def wrk(url, headers=(), connections=64, seconds=5):
    """Requests per second over one thread of wrk. Every answer has to be 2xx or 3xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    for header in headers:
        command += ["-H", header]
    done = subprocess.run([*command, url], capture_output=True, text=True)
    rate = re.search(r"^Requests/sec:\s+([\d.]+)", done.stdout, re.MULTILINE)
    wrong = re.search(r"(Non-2xx.*|Socket errors:.*)", done.stdout)
    if done.returncode or not rate or wrong:
        raise NotMeasured(f"wrk on {url}: {wrong.group(1) if wrong else (done.stderr or done.stdout).strip()[-300:]}")
    return float(rate.group(1))
