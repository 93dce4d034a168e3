"""A good client of the API: it waits and asks again, with the same key, until it knows what came of it."""
import base64
import http.client
import json
import os
import socket
import struct
import time

from torture.record import Violation
from torture.system import ADMIN

REQUEST_SECONDS = 20
# An operation whose outcome nobody tells for so long counts as lost.
LONGEST_WAIT_SECONDS = 120
# Why not what Retry-After says: waiting as long as it asks for, the clients would hardly meet the next fault.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.25


class Stopped(Exception):
    """The run is over; what was under way doesn't matter any more."""


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of the problem document."""
        try:
            return json.loads(self.body).get("code", "")
        except (ValueError, AttributeError):
            return ""

    def __str__(self):
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


class API:
    """One connection, as whoever the token names. For one thread."""

    def __init__(self, port, record, stop, token=None):
        self.port = port
        self.record = record
        self.token = token
        self._is_admin = False
        self._stop = stop
        self._connection = None

    def sign_in_as_admin(self):
        self._is_admin = False
        answer = self.settle("POST", "/v1/auth/login", ADMIN)
        if answer.status != 200:
            raise Violation(f"The administrator was not let in: {answer}")
        self.token = answer.json["access_token"]
        self._is_admin = True

    def once(self, method, path, body=None, key=None, seconds=REQUEST_SECONDS):
        """Asks once. Raises OSError or HTTPException when no answer came."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            self._connection.timeout = seconds
            if self._connection.sock:
                self._connection.sock.settimeout(seconds)
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = self._connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def settle(self, method, path, body=None, key=None):
        """Asks until there is an outcome, and returns it. A 5xx that isn't a polite refusal is a violation."""
        limit = time.monotonic() + LONGEST_WAIT_SECONDS
        pause = SHORTEST_PAUSE_SECONDS
        last = "nothing"
        while time.monotonic() < limit:
            if self._stop.is_set():
                raise Stopped
            try:
                answer = self.once(method, path, body, key)
            except (OSError, http.client.HTTPException) as error:
                if not isinstance(error, ConnectionRefusedError):
                    self.record.count_unknown()
                last = repr(error)
            else:
                if answer.status == 401 and self._is_admin:
                    # An account's token holds for minutes only.
                    self.sign_in_as_admin()
                    continue
                if answer.status < 500:
                    return answer
                last = str(answer)
                self.record.count_refused(path, answer.status, answer.code)
                self._judge_refusal(method, path, answer)
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        raise Violation(f"{method} {path} had no outcome in {LONGEST_WAIT_SECONDS} s; at last {last}")

    def get(self, path):
        answer = self.settle("GET", path)
        if answer.status != 200:
            raise Violation(f"GET {path} answered {answer}")
        return answer.json

    def all(self, path):
        """All items of a list, page by page."""
        items, cursor = [], None
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit=100{f'&cursor={cursor}' if cursor else ''}")
            items += page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return items

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def _judge_refusal(self, method, path, answer):
        if answer.status not in (503, 504):
            self.record.violate(f"{method} {path} answered {answer}")
        elif answer.status == 503 and not (answer.headers.get("Retry-After") or "").isdigit():
            self.record.violate(f"{method} {path} answered 503 without Retry-After: {answer}")


class LiveSocket:
    """A WebSocket (RFC 6455), as much of it as following a feed takes. Raises OSError when it is gone."""

    def __init__(self, port, token, seconds=10):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._bytes = b""
        try:
            self._shake_hands(port, token)
        except BaseException:
            self._socket.close()
            raise

    def resume(self, conversation, last_sequence):
        self._send(1, json.dumps({
            "type": "resume", "data": {"conversation_id": conversation, "last_seq": last_sequence}}).encode())

    def unsubscribe(self, conversation):
        self._send(1, json.dumps({"type": "unsubscribe", "data": {"conversation_id": conversation}}).encode())

    def frame(self, seconds):
        """The next frame, or None when none came in time."""
        limit = time.monotonic() + seconds
        while True:
            if (whole := self._take()) is None:
                self._socket.settimeout(max(0.001, limit - time.monotonic()))
                try:
                    received = self._socket.recv(65536)
                except (TimeoutError, socket.timeout):
                    return None
                if not received:
                    raise ConnectionResetError("the WebSocket ended")
                self._bytes += received
                continue
            kind, payload = whole
            if kind == 1:
                return json.loads(payload)
            if kind == 8:
                raise ConnectionResetError(f"the WebSocket was closed: {payload[2:].decode(errors='replace')}")
            if kind == 9:
                self._send(10, payload)

    def close(self):
        self._socket.close()

    def _shake_hands(self, port, token):
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall((
            f"GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: frontdesk.v1, bearer.{token}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._bytes:
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionResetError("the WebSocket was not opened")
            self._bytes += received
        head, self._bytes = self._bytes.split(b"\r\n\r\n", 1)
        if head.split(b" ")[1:2] != [b"101"]:
            raise ConnectionRefusedError(head.split(b"\r\n")[0].decode(errors="replace"))

    def _take(self):
        """One frame from what has come, if it is whole. The server neither masks nor splits."""
        data = self._bytes
        if len(data) < 2:
            return None
        kind, length, start = data[0] & 15, data[1] & 127, 2
        if length == 126:
            start = 4
            if len(data) < start:
                return None
            [length] = struct.unpack(">H", data[2:4])
        elif length == 127:
            start = 10
            if len(data) < start:
                return None
            [length] = struct.unpack(">Q", data[2:10])
        if len(data) < start + length:
            return None
        self._bytes = data[start + length:]
        return kind, data[start:start + length]

    def _send(self, kind, payload):
        mask = os.urandom(4)
        head = bytes([0x80 | kind])
        head += bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        self._socket.settimeout(10)
        self._socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))
