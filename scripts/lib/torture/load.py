"""The clients: contacts who talk, people of the business who answer, and feeds that are followed."""
import http.client
import random
import threading
import time
from contextlib import closing, suppress

from torture.client import API, LiveSocket, Stopped
from torture.record import Conversation, Violation

QUESTIONS = ["How long does delivery take?", "Can I return a product?", "Hello", "Do gift cards expire?",
             "Which volcano erupted in Iceland during the nineteenth century?"]
RESOLVED = "chat.conversation_resolved"
LONGEST_PAUSE_SECONDS = 0.06
# So many conversations of each contact stay open, for the agents to write in.
OPEN_CONVERSATIONS = 2


class Load:
    """All clients, each a thread. They go on until they are told to stop, whatever becomes of the server."""

    def __init__(self, frontdesk, record, seed, clients, padding=0):
        self.frontdesk = frontdesk
        self.record = record
        # Of each message, in characters: how fast a small disk fills.
        self.padding = padding
        self.stopped = threading.Event()
        self.paused = threading.Event()
        self.broken = threading.Event()
        self.visitors = [Visitor(self, number, seed) for number in range(clients)]
        agents = [Agent(self, number, seed) for number in range(max(1, clients // 4))]
        self._threads = [threading.Thread(target=self._guard, args=(run,), daemon=True) for run in (
            *(visitor.talk for visitor in self.visitors), *(visitor.follow for visitor in self.visitors),
            *(agent.answer for agent in agents))]

    def start(self):
        for thread in self._threads:
            thread.start()

    def require_unbroken(self):
        if self.broken.is_set():
            raise Violation("A client could not go on.")

    def finish_writing(self):
        """Lets each client bring what it does to an end; the feeds are followed on."""
        self.paused.set()
        limit = time.monotonic() + 150
        for thread in (*self._threads[:len(self.visitors)], *self._threads[2 * len(self.visitors):]):
            thread.join(max(0, limit - time.monotonic()))
            if thread.is_alive():
                raise Violation("A client did not come to an end.")
        self.require_unbroken()

    def stop(self):
        self.paused.set()
        self.stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(30)

    def _guard(self, run):
        try:
            run()
        except Stopped:
            pass
        except Exception as error:
            # Of any kind: a client that ends unseen would make everything after it look well.
            if not self.stopped.is_set():
                self.record.violate(f"{run.__qualname__}: {error!r}" if not isinstance(error, Violation) else str(error))
                self.broken.set()


class Visitor:
    """A contact with a token of its own. Starts conversations, writes in them, ends some, and follows the last."""

    def __init__(self, load, number, seed):
        self.number = number
        self.random = random.Random(f"{seed}/visitor/{number}")
        self.token = None
        self.current = None
        self._load = load
        self._record = load.record
        self._api = API(load.frontdesk.port, load.record, load.stopped)
        self._open = []
        self._count = 0

    def talk(self):
        with closing(self._api):
            self.token = self._api.token = self._sign_in()
            while not self._load.paused.is_set():
                dice = self.random.random()
                if not self._open or (dice < 0.1 and len(self._open) < OPEN_CONVERSATIONS):
                    self._start()
                elif dice < 0.2:
                    self._end(self.random.choice(self._open))
                else:
                    self._say(self.random.choice(self._open))
                self._load.paused.wait(self.random.random() * LONGEST_PAUSE_SECONDS)

    def api(self, stop):
        """Another connection of the same contact."""
        return API(self._load.frontdesk.port, self._record, stop, self.token)

    # ---- What it does

    def _sign_in(self):
        answer = self._api.settle("POST", "/v1/auth/visitor", {"name": f"Contact {self.number}"})
        if answer.status not in (200, 201):
            raise Violation(f"A visitor was not let in: {answer}")
        return answer.json["access_token"]

    def _start(self):
        key, subject = self._next_key(), f"Subject {self._count}"
        opening = self._words() if self.random.random() < 0.5 else None
        body = {"subject": subject, **({"message": opening} if opening else {})}
        answer = self._api.settle("POST", "/v1/conversations", body, key)
        if answer.status != 201:
            raise Violation(f"A conversation was not started: {answer}")
        conversation = Conversation(self, answer.json, subject, opening)
        conversation.start_key = key
        self._record.add(conversation)
        self._record.acknowledge("start", key=key, conversation=conversation.id)
        self._open.append(conversation)
        self.current = conversation

    def _say(self, conversation):
        key, content = self._next_key(), self._words()
        # Nobody knows which of them is first; both get the same answer.
        for _ in range(2 if self.random.random() < 0.05 else 1):
            if not say(self._api, self._record, conversation, "contact", key, content):
                self._close(conversation)
                return
        if self.random.random() < 0.02:
            self._reuse(conversation, key)

    def _reuse(self, conversation, key):
        """The same key with other words is a mistake, and changes nothing."""
        content = self._words()
        answer = self._api.settle("POST", f"/v1/conversations/{conversation.id}/messages", {"content": content}, key)
        conversation.refused.add(content)
        self._record.expect(
            answer.status in (409, 422), f"Key {key} with other words was not refused but answered {answer}")

    def _end(self, conversation):
        email = f"contact-{conversation.id}@torture.example"
        answer = self._api.settle("POST", f"/v1/conversations/{conversation.id}/end", {"email": email})
        if answer.status == 200:
            conversation.email = email
            conversation.has_ended = True
            self._record.acknowledge("end", conversation=conversation.id)
        elif answer.status == 409 and answer.code == RESOLVED:
            # By somebody else, or by this very request before its answer was lost.
            conversation.has_ended = True
            self._record.note("ended before", conversation=conversation.id)
        else:
            raise Violation(f"Conversation {conversation.id} was not ended: {answer}")
        self._close(conversation)

    def _close(self, conversation):
        if conversation in self._open:
            self._open.remove(conversation)

    def _next_key(self):
        self._count += 1
        return f"{self.number}-{self._count}"

    def _words(self):
        self._count += 1
        return (f"{self.random.choice(QUESTIONS)} ({self.number}-{self._count})"
                + (" " + "x" * self._load.padding if self._load.padding else ""))

    # ---- What it sees

    def follow(self):
        """Follows the newest conversation; after a lost connection it goes on where it was."""
        while not self._load.stopped.is_set():
            if self.current is None:
                self._load.stopped.wait(0.05)
                continue
            try:
                feed = LiveSocket(self._load.frontdesk.port, self.token)
            except (OSError, http.client.HTTPException):
                self._load.stopped.wait(0.05)
                continue
            with closing(feed), suppress(OSError):
                self._follow(feed)

    def _follow(self, feed):
        followed = None
        while not self._load.stopped.is_set():
            if followed is not self.current:
                if followed:
                    feed.unsubscribe(followed.id)
                followed = self.current
                feed.resume(followed.id, followed.last_sequence)
            frame = feed.frame(0.1)
            if frame is None:
                continue
            if frame["type"] == "error":
                # It says what is the matter, and the connection is worth nothing more to this client.
                self._record.note("feed error", code=frame["data"].get("code"))
                self._load.stopped.wait(0.05)
                return
            self._see(frame, followed)

    def _see(self, frame, followed):
        sequence, data = frame.get("seq"), frame["data"]
        if sequence is None:
            return
        of = data["id"] if frame["type"] == "conversation.started" else data["conversation_id"]
        if of != followed.id:
            # The last of one that was followed before, still under way.
            return
        if sequence != followed.last_sequence + 1:
            self._record.violate(
                f"The feed of {of} went on with {sequence} after {followed.last_sequence}")
        followed.last_sequence = sequence
        followed.feed[sequence] = frame


class Agent:
    """Somebody of the business, who writes in conversations of others and ends some."""

    def __init__(self, load, number, seed):
        self._load = load
        self._record = load.record
        self._random = random.Random(f"{seed}/agent/{number}")
        self._number = number
        self._api = API(load.frontdesk.port, load.record, load.stopped)
        self._count = 0

    def answer(self):
        with closing(self._api):
            self._api.sign_in_as_admin()
            while not self._load.paused.is_set():
                self._load.paused.wait(self._random.random() * LONGEST_PAUSE_SECONDS * 2)
                if conversation := self._random.choice(self._load.visitors).current:
                    self._act(conversation)

    def _act(self, conversation):
        self._count += 1
        if self._random.random() < 0.05:
            self._end(conversation)
        else:
            say(self._api, self._record, conversation, "agent", f"agent-{self._number}-{self._count}",
                f"We are looking into it. ({self._number}-{self._count})")

    def _end(self, conversation):
        answer = self._api.settle("POST", f"/v1/conversations/{conversation.id}/end", {})
        if answer.status == 200 or (answer.status == 409 and answer.code == RESOLVED):
            conversation.has_ended = True
            self._record.acknowledge("end", conversation=conversation.id)
        else:
            raise Violation(f"Conversation {conversation.id} was not ended: {answer}")


def say(api, record, conversation, who, key, content):
    """Whether it was stored; not when the conversation has ended. The key's first answer is the only one."""
    answer = api.settle("POST", f"/v1/conversations/{conversation.id}/messages", {"content": content}, key)
    if answer.status == 409 and answer.code == RESOLVED:
        conversation.refused.add(content)
        conversation.has_ended = True
        record.note("refused", conversation=conversation.id, key=key)
        return False
    if answer.status != 201:
        raise Violation(f"A message was not taken: {answer}")
    view = answer.json
    earlier = conversation.sent.get(key)
    if earlier and earlier[2] != view:
        record.violate(f"Key {key} got another answer than before: {view} instead of {earlier[2]}")
    conversation.sent[key] = (who, content, view)
    record.acknowledge("say", key=key, conversation=conversation.id, message=view["id"], sequence=view["sequence"])
    return True
