"""What was done, what came of it, and what should not have."""
import json
import threading
import time


class Violation(Exception):
    """A promise was broken, and going on makes no sense."""


class Record:
    """The log of all operations, one a line in a file, and the violations found so far. For many threads."""

    MOST_VIOLATIONS = 50

    def __init__(self, path):
        self._file = path.open("w")
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self.conversations = {}
        self.violations = []
        self.acknowledged = 0
        self.unknown = 0
        self.refused = 0

    def seconds(self):
        return time.monotonic() - self._began

    def note(self, kind, **what):
        line = json.dumps({"at": round(self.seconds(), 4), "what": kind, **what})
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")

    def acknowledge(self, kind, **what):
        with self._lock:
            self.acknowledged += 1
        self.note(kind, **what)

    def count_unknown(self):
        """An operation of which nobody knows whether it happened; it is asked for again."""
        with self._lock:
            self.unknown += 1

    def count_refused(self, path, status, code):
        """Answered with a 5xx; it is asked for again."""
        with self._lock:
            self.refused += 1
        self.note("refused for now", path=path, status=status, code=code)

    def add(self, conversation):
        with self._lock:
            self.conversations[conversation.id] = conversation

    def violate(self, text):
        with self._lock:
            if len(self.violations) < self.MOST_VIOLATIONS:
                self.violations.append(text)
        self.note("violation", text=text)

    def expect(self, truth, text):
        if not truth:
            self.violate(text)
        return truth

    def close(self):
        with self._lock:
            self._file.close()


class Conversation:
    """What its contact knows of a conversation: whatever was acknowledged, and what the feed showed."""

    def __init__(self, visitor, view, subject, opening):
        self.id = view["id"]
        self.visitor = visitor
        self.view = view
        self.subject = subject
        self.opening = opening
        self.start_key = None
        self.email = None
        self.has_ended = False
        # Idempotency key: (who, content, the answer). The opening message has no answer of its own.
        self.sent = {}
        # Contents that were refused because the conversation had ended.
        self.refused = set()
        # What the live feed has shown, by number.
        self.feed = {}
        self.last_sequence = 0
