"""Looks whether the final state, read through the API, is what was acknowledged, and nothing else."""
import http.client
import random
import re
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from torture.client import API, LiveSocket

# Without any progress for so long, nothing more will come. An answer that failed some times waits up to a minute.
STANDSTILL_SECONDS = 100
MOST_REPEATED, MOST_FOLLOWED = 1000, 200
FEED_SECONDS = 20
ADDRESS = re.compile(r"contact-[0-9a-f-]{36}@torture\.example")


class Checker:
    def __init__(self, frontdesk, record, seed, say):
        self._frontdesk = frontdesk
        self._record = record
        self._random = random.Random(f"{seed}/checker")
        self._say = say
        self._never = threading.Event()
        # Of each visitor.
        self._api_of = {}
        self._admins = threading.local()
        self._connections = []

    def check(self):
        """Everything, once all has settled. What is wrong goes into the record."""
        try:
            with ThreadPoolExecutor(4) as self._readers:
                self._check()
        finally:
            for api in (*self._connections, *self._api_of.values()):
                api.close()

    @property
    def _api(self):
        """The administrator, on this thread's connection."""
        if not hasattr(self._admins, "api"):
            self._admins.api = API(self._frontdesk.port, self._record, self._never)
            self._connections.append(self._admins.api)
            self._admins.api.sign_in_as_admin()
        return self._admins.api

    def _check(self):
        stored = self._await_settled()
        self._say(f"Settled: {len(stored)} conversations, {sum(map(len, stored.values()))} messages")
        for identity, messages in stored.items():
            self._check_conversation(identity, messages)
        self._check_feeds(stored)
        self._check_repeats()
        self._check_events(stored)
        self._check_counts(stored)
        self._check_mails()
        again = self._read_all()
        for identity, messages in stored.items():
            self._record.expect(
                again.get(identity) == messages, f"Conversation {identity} changed after everything had settled")

    # ---- Settling

    def _await_settled(self):
        """Waits until every question in an open conversation has its reply, and Analytics has counted all.
        Returns the messages of each conversation."""
        limit = time.monotonic() + STANDSTILL_SECONDS
        before = None
        while True:
            counts = self._overview()
            expected = self._counts(views := self._views())
            if counts == expected and self._mails() >= self._mails_due():
                stored = self._read_all(views)
                if not (lacking := self._unanswered(views, stored)):
                    return stored
                state = (counts, expected, lacking)
            else:
                state = (counts, expected, self._mails())
            if state != before:
                limit = time.monotonic() + STANDSTILL_SECONDS
            before = state
            if time.monotonic() > limit:
                stored = self._read_all()
                self._record.violate(
                    f"Nothing moves any more, and it isn't settled: counted {counts}, expected {expected}, "
                    f"{self._unanswered(views, stored)} questions without a reply, "
                    f"{self._mails()} of {self._mails_due()} transcripts mailed")
                return stored
            # Why: what follows from an event is seen only by looking.
            time.sleep(0.2)

    def _views(self):
        return {view["id"]: view for view in self._api.all("/v1/conversations")}

    def _overview(self):
        return self._api.get("/v1/analytics/overview")

    def _counts(self, views):
        """What of Analytics follows from the list of conversations alone."""
        counts = self._overview()
        own = list(self._record.conversations.values())
        sent = Counter(who for conversation in own for who, _, _ in conversation.sent.values())
        replies = counts["messages_from_assistant"]
        total = sum(view["message_count"] for view in views.values())
        contacts = sent["contact"] + sum(conversation.opening is not None for conversation in own)
        return {
            "conversations_started": len(own),
            "conversations_ended": sum(view["status"] == "resolved" for view in views.values()),
            "messages_from_contacts": contacts, "messages_from_agents": sent["agent"],
            "messages_from_assistant": total - contacts - sent["agent"],
            "questions_answered": counts["questions_answered"],
            "questions_declined": replies - counts["questions_answered"],
        }

    def _unanswered(self, views, stored):
        """In open conversations; nobody waits in one that has ended."""
        return sum(
            max(0, _by(messages, "contact") - _by(messages, "assistant"))
            for identity, messages in stored.items() if views.get(identity, {}).get("status") == "open")

    def _read_all(self, views=None):
        def read(identity):
            return identity, self._api.all(f"/v1/conversations/{identity}/messages")

        return dict(self._readers.map(read, views or self._views()))

    # ---- Each promise

    def _check_conversation(self, identity, messages):
        expect = self._record.expect
        own = self._record.conversations.get(identity)
        if not expect(own is not None, f"Conversation {identity} is there, and was never acknowledged"):
            return
        view = self._api.get(f"/v1/conversations/{identity}")
        expect(view["status"] == "resolved" or not own.has_ended, f"Conversation {identity} ended, and is open again")
        expect(view["subject"] == own.subject, f"Conversation {identity} has another subject")
        ids = Counter(message["id"] for message in messages)
        expect(max(ids.values(), default=1) == 1, f"Conversation {identity} has a message twice: {ids}")
        # The first number is its beginning, and the last its end.
        numbers = [message["sequence"] for message in messages]
        expect(numbers == list(range(2, len(numbers) + 2)), f"Conversation {identity} has gaps: {numbers}")
        last = len(numbers) + 1 + (view["status"] == "resolved")
        expect(view["last_sequence"] == last and view["message_count"] == len(numbers),
               f"Conversation {identity} says {view['last_sequence']}, {view['message_count']} of {last}, {len(numbers)}")

        found = {message["id"]: message for message in messages}
        for key, (_, _, answer) in own.sent.items():
            expect(found.get(answer["id"]) == answer,
                   f"LOST: key {key} in {identity} was answered with {answer}; stored is {found.get(answer['id'])}")
        written = Counter(message["content"] for message in messages if message["author"]["kind"] != "assistant")
        expected = Counter(content for _, content, _ in own.sent.values())
        expected.update([own.opening] if own.opening else [])
        expect(written == expected, f"Conversation {identity} has more {written - expected}, lacks {expected - written}")
        expect(not own.refused & set(written), f"Conversation {identity} has a message that was refused")
        questions, replies = _by(messages, "contact"), _by(messages, "assistant")
        expect(replies == questions or (replies < questions and view["status"] == "resolved"),
               f"Conversation {identity} has {replies} replies to {questions} questions")

    def _check_feeds(self, stored):
        """What was followed live, and what a feed shows from the beginning, is what is stored."""
        own = [conversation for identity, conversation in self._record.conversations.items() if identity in stored]
        for conversation in own:
            self._compare_feed(conversation.feed, conversation.id, stored, "live")
        limit = time.monotonic() + FEED_SECONDS
        for visitor in {conversation.visitor for conversation in own}:
            current = visitor.current
            last = self._api.get(f"/v1/conversations/{current.id}")["last_sequence"]
            while current.last_sequence < last and time.monotonic() < limit:
                time.sleep(0.05)
            self._record.expect(current.last_sequence == last,
                                f"The live feed of {current.id} stands at {current.last_sequence} of {last}")
        for conversation in self._random.sample(own, min(MOST_FOLLOWED, len(own))):
            last = self._api.get(f"/v1/conversations/{conversation.id}")["last_sequence"]
            try:
                frames = self._feed(conversation, last)
            except (OSError, http.client.HTTPException) as error:
                self._record.violate(f"The feed of {conversation.id} could not be followed: {error!r}")
                continue
            self._record.expect([frame["seq"] for frame in frames] == list(range(1, last + 1)),
                                f"The feed of {conversation.id} shows {[frame['seq'] for frame in frames]} of {last}")
            self._compare_feed({frame["seq"]: frame for frame in frames}, conversation.id, stored, "repeated")

    def _feed(self, conversation, last):
        feed = LiveSocket(self._frontdesk.port, conversation.visitor.token)
        try:
            feed.resume(conversation.id, 0)
            frames, limit = [], time.monotonic() + FEED_SECONDS
            while len(frames) < last and time.monotonic() < limit:
                frame = feed.frame(1)
                if frame and frame.get("seq") is not None:
                    frames.append(frame)
            return frames
        finally:
            feed.close()

    def _compare_feed(self, frames, identity, stored, which):
        messages = {message["sequence"]: message for message in stored[identity]}
        for sequence, frame in frames.items():
            if frame["type"] == "message.created":
                self._record.expect(frame["data"] == messages.get(sequence),
                                    f"The {which} feed of {identity} shows at {sequence} {frame['data']}, "
                                    f"stored is {messages.get(sequence)}")

    def _check_repeats(self):
        """An answered key gives the same answer again."""
        own = list(self._record.conversations.values())
        sent = [(conversation, key, *what) for conversation in own for key, what in conversation.sent.items()
                if what[0] == "contact"]
        for conversation, key, _, content, answer in self._random.sample(sent, min(MOST_REPEATED, len(sent))):
            path = f"/v1/conversations/{conversation.id}/messages"
            again = self._as(conversation).settle("POST", path, {"content": content}, key)
            self._record.expect(again.status == 201 and again.json == answer,
                                f"Key {key} is answered {again}; before, it was {answer}")
        for conversation in self._random.sample(own, min(MOST_REPEATED // 4, len(own))):
            body = {"subject": conversation.subject, **({"message": conversation.opening} if conversation.opening else {})}
            again = self._as(conversation).settle("POST", "/v1/conversations", body, conversation.start_key)
            self._record.expect(again.status == 201 and again.json["id"] == conversation.id,
                                f"Key {conversation.start_key} is answered {again}; before, it was {conversation.id}")

    def _as(self, conversation):
        visitor = conversation.visitor
        return self._api_of.setdefault(visitor.number, visitor.api(self._never))

    def _check_events(self, stored):
        """The log holds each thing that happened once, in order, and each message is in it."""
        position, identities, last, posted = 0, set(), defaultdict(int), Counter()
        for event in self._events("chat"):
            expect = self._record.expect
            expect(event["position"] > position, f"Event {event['id']} is at {event['position']}, after {position}")
            position = event["position"]
            expect(event["id"] not in identities, f"Event {event['id']} is there twice")
            identities.add(event["id"])
            aggregate = event["aggregate_id"].lower()
            last[aggregate] += 1
            expect(event["sequence"] == last[aggregate],
                   f"The events of {aggregate} go on with {event['sequence']} instead of {last[aggregate]}")
            posted[aggregate] += event["name"] == "chat.message_posted.v1"
        for identity, messages in stored.items():
            self._record.expect(posted[identity] == len(messages),
                                f"{identity} has {len(messages)} messages and {posted[identity]} events of them")
        answered = Counter(event["name"] for event in self._events("ai"))["ai.question_answered.v1"]
        replies = sum(_by(messages, "assistant") for messages in stored.values())
        self._record.expect(answered == replies, f"{replies} replies, and {answered} events of them")
        letters = self._api.all("/v1/operations/dead-letters")
        self._record.expect(not letters, f"{len(letters)} events could not be delivered: {letters[:3]}")

    def _events(self, service):
        after = 0
        while True:
            page = self._api.get(f"/v1/operations/events?service={service}&after={after}&limit=100")["data"]
            yield from page
            if len(page) < 100:
                return
            after = page[-1]["position"]

    def _check_counts(self, stored):
        counts = self._overview()
        kinds = Counter(message["author"]["kind"] for messages in stored.values() for message in messages)
        self._record.expect(
            (counts["messages_from_contacts"], counts["messages_from_agents"], counts["messages_from_assistant"])
            == (kinds["contact"], kinds["agent"], kinds["assistant"]), f"Counted {counts}, stored {kinds}")
        self._record.expect(
            counts["questions_answered"] + counts["questions_declined"] == kinds["assistant"],
            f"Counted {counts}, and there are {kinds['assistant']} replies")

    # ---- Mail

    def _mails_due(self):
        return sum(conversation.email is not None for conversation in self._record.conversations.values())

    def _mails(self):
        return sum(1 for _ in (self._frontdesk.data / "outbox").glob("*.eml"))

    def _check_mails(self):
        """One transcript for each end that asked for one. An end whose answer was lost may have asked too."""
        sent = Counter()
        for mail in (self._frontdesk.data / "outbox").glob("*.eml"):
            sent.update(set(ADDRESS.findall(mail.read_text(errors="replace"))))
        twice = [address for address, count in sent.items() if count > 1]
        self._record.expect(not twice, f"Mailed more than once: {twice[:5]}")
        lacking = [conversation.id for conversation in self._record.conversations.values()
                   if conversation.email and conversation.email not in sent]
        self._record.expect(not lacking, f"No transcript was mailed of {lacking[:5]}")


def check_files(folder, record):
    """SQLite's own check of each of its files, when nobody has them open."""
    for file in sorted(folder.glob("*.sqlite")):
        try:
            connection = sqlite3.connect(file)
            [(result,)] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            connection.close()
        except sqlite3.Error as error:
            result = str(error)
        record.expect(result == "ok", f"{file.name} is corrupt: {result}")


def _by(messages, kind):
    return sum(message["author"]["kind"] == kind for message in messages)
