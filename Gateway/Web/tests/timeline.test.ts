import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { openTimeline, receiveFrame, silence, storeMessage, type Timeline } from "../source/conversation/timeline";
import type { ServerFrame } from "../source/live/frames";
import { assistant, created, delta, sampleConversation, sampleMessage, typing, visitor } from "./factories";

const empty = openTimeline(sampleConversation());
const receiveAll = (timeline: Timeline, ...frames: ServerFrame[]) => frames.reduce(receiveFrame, timeline);
const ids = (timeline: Timeline) => timeline.messages.map((message) => message.id);

test("messages are taken in by their numbers", () => {
  const timeline = receiveAll(empty, created(sampleMessage(1)), created(sampleMessage(2)));
  deepEqual(ids(timeline), ["message-1", "message-2"]);
  equal(timeline.lastSeq, 2);
});

test("a repeated frame changes nothing", () => {
  const timeline = receiveAll(empty, created(sampleMessage(1)));
  equal(receiveFrame(timeline, created(sampleMessage(1, { content: "Other" }))), timeline);
});

test("after a gap nothing is taken in until the missing frame has come", () => {
  const behind = receiveAll(empty, created(sampleMessage(1)), created(sampleMessage(3)));
  equal(behind.isBehind, true);
  equal(behind.lastSeq, 1);
  deepEqual(ids(behind), ["message-1"]);
  const resumed = receiveAll(behind, created(sampleMessage(2)), created(sampleMessage(3)));
  equal(resumed.isBehind, false);
  deepEqual(ids(resumed), ["message-1", "message-2", "message-3"]);
});

test("frames of another conversation are passed over", () => {
  equal(receiveFrame(empty, created(sampleMessage(1, { conversation_id: "conversation-2" }))), empty);
});

test("words gather in a provisional answer that the stored one replaces", () => {
  const writing = receiveAll(empty, typing("typing.started"), delta("Thirty "), delta("days."));
  equal(writing.provisional, "Thirty days.");
  equal(writing.typing, assistant);
  const stored = receiveFrame(writing, created(sampleMessage(1, { content: "Thirty days." })));
  equal(stored.provisional, null);
  equal(stored.typing, null);
  equal(stored.streamedId, "message-1");
});

test("the visitor's own message leaves the answer being written alone", () => {
  const timeline = receiveAll(
    empty, typing("typing.started"), delta("Thirty "), created(sampleMessage(1, { author: visitor })), delta("days."));
  equal(timeline.provisional, "Thirty days.");
});

test("words that come after their answer was stored are passed over", () => {
  const timeline = receiveAll(empty, typing("typing.started"), delta("Thirty "), created(sampleMessage(1)), delta("days."));
  equal(timeline.provisional, null);
});

test("words whose beginning was missed are passed over", () => {
  equal(receiveFrame(empty, delta("days.")).provisional, null);
});

test("an answer that the assistant gave up is taken back", () => {
  const timeline = receiveAll(empty, typing("typing.started"), delta("Thirty "), typing("typing.stopped"));
  equal(timeline.provisional, null);
  equal(timeline.typing, null);
});

test("a visitor who writes leaves the answer being written alone", () => {
  const timeline = receiveAll(
    empty, typing("typing.started"), delta("Thirty "), typing("typing.started", visitor), typing("typing.stopped", visitor),
    delta("days."));
  equal(timeline.provisional, "Thirty days.");
});

test("an answer that comes while the reader is there is revealed, one that was fetched isn't", () => {
  equal(receiveFrame(empty, created(sampleMessage(1))).streamedId, "message-1");
  const fetched = openTimeline(sampleConversation({ last_sequence: 0 }), [sampleMessage(1)]);
  equal(receiveFrame(fetched, created(sampleMessage(1))).streamedId, null);
});

test("the conversation's start takes the first number", () => {
  const started: ServerFrame = { type: "conversation.started", seq: 1, data: sampleConversation() };
  const timeline = receiveAll(empty, started, created(sampleMessage(2)));
  equal(timeline.isBehind, false);
  deepEqual(ids(timeline), ["message-2"]);
});

test("a status change takes a number of its own", () => {
  const timeline = receiveFrame(empty, {
    type: "conversation.status_changed", seq: 1, data: { conversation_id: "conversation-1", status: "resolved" },
  });
  equal(timeline.status, "resolved");
  equal(timeline.lastSeq, 1);
});

test("losing the connection takes back words and typing", () => {
  const timeline = silence(receiveAll(empty, typing("typing.started"), delta("Thirty ")));
  equal(timeline.provisional, null);
  equal(timeline.typing, null);
});

test("a message stored twice is shown once, in its place", () => {
  const two = storeMessage(storeMessage(empty, sampleMessage(3)), sampleMessage(1));
  deepEqual(ids(storeMessage(two, sampleMessage(3))), ["message-1", "message-3"]);
});

test("a fetched conversation resumes after the number it was fetched at", () => {
  const conversation = sampleConversation({ last_sequence: 2 });
  const timeline = openTimeline(conversation, [sampleMessage(3), sampleMessage(1), sampleMessage(2)]);
  equal(timeline.lastSeq, 2);
  deepEqual(ids(receiveFrame(timeline, created(sampleMessage(3)))), ["message-1", "message-2", "message-3"]);
});
