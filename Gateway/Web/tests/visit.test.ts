import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { advance, hasEnded, newVisit, nextToRepeat, nextToSend, type Visit, type VisitAction } from "../source/conversation/visit";
import { created, delta, sampleConversation, sampleMessage, typing, visitor } from "./factories";

const fresh = newVisit({ isRestoring: false, outgoing: [] });
const after = (visit: Visit, ...actions: VisitAction[]) => actions.reduce(advance, visit);
const started: VisitAction = { type: "conversationStarted", conversation: sampleConversation() };
const wrote = (key: string, content = key): VisitAction => ({ type: "messageWritten", key, content });
const refused = (key: string, isPassing: boolean): VisitAction =>
  ({ type: "messageRefused", key, problem: "No.", isPassing });
const own = sampleMessage(1, { author: visitor, content: "hello" });

test("a written message is the next to send before there is a conversation", () => {
  equal(nextToSend(after(fresh, wrote("hello")))?.key, "hello");
});

test("messages are sent one at a time, in order", () => {
  const visit = after(fresh, started, wrote("hello"), wrote("again"));
  equal(nextToSend(visit)?.key, "hello");
  equal(nextToSend(after(visit, { type: "messageStored", key: "hello", message: own }))?.key, "again");
});

test("a stored message moves from the outgoing ones to the timeline", () => {
  const visit = after(fresh, started, wrote("hello"), { type: "messageStored", key: "hello", message: own });
  deepEqual(visit.outgoing, []);
  deepEqual(visit.timeline?.messages, [own]);
});

test("the visitor's own message is never there twice, whichever way it comes first", () => {
  const answered: VisitAction = { type: "messageStored", key: "hello", message: own };
  const live: VisitAction = { type: "frameReceived", frame: created(own) };
  for (const actions of [[answered, live], [live, answered]]) {
    const visit = after(fresh, started, wrote("hello"), ...actions);
    deepEqual(visit.outgoing, []);
    deepEqual(visit.timeline?.messages, [own]);
  }
});

test("a refused message stays, holds back the next, and can be tried again with its key", () => {
  const visit = after(fresh, started, wrote("hello"), wrote("again"), refused("hello", false));
  equal(visit.outgoing.length, 2);
  equal(nextToSend(visit), null);
  equal(nextToSend(after(visit, { type: "messageTriedAgain", key: "hello" }))?.key, "hello");
});

test("with a new connection, what failed in passing goes out again by itself", () => {
  const connected: VisitAction = { type: "connectionChanged", connection: "connected" };
  equal(nextToSend(after(fresh, started, wrote("hello"), refused("hello", true), connected))?.key, "hello");
  equal(nextToSend(after(fresh, started, wrote("hello"), refused("hello", false), connected)), null);
});

test("what failed in passing is to be repeated, what was refused isn't", () => {
  equal(nextToRepeat(after(fresh, wrote("hello"))), null);
  equal(nextToRepeat(after(fresh, wrote("hello"), refused("hello", true)))?.key, "hello");
  equal(nextToRepeat(after(fresh, wrote("hello"), refused("hello", false))), null);
});

test("nothing is sent while the earlier conversation is fetched", () => {
  const outgoing = [{ key: "hello", content: "hello", problem: null }];
  const restoring = newVisit({ isRestoring: true, outgoing });
  equal(nextToSend(restoring), null);
  const restored = after(restoring, { type: "conversationRestored", conversation: sampleConversation(), messages: [] });
  equal(nextToSend(restored)?.key, "hello");
});

test("leaving a conversation keeps what wasn't sent", () => {
  const visit = after(fresh, started, wrote("hello"), { type: "conversationLeft" });
  equal(visit.timeline, null);
  equal(nextToSend(visit)?.key, "hello");
});

test("an ended conversation sends nothing more", () => {
  const ended = sampleConversation({ status: "resolved" });
  const visit = after(fresh, started, wrote("hello"), { type: "conversationEnded", conversation: ended });
  equal(hasEnded(visit), true);
  equal(nextToSend(visit), null);
});

test("a lost connection takes back the words of an unfinished answer", () => {
  const visit = after(fresh, started, { type: "frameReceived", frame: typing("typing.started") },
    { type: "frameReceived", frame: delta("Thirty ") },
    { type: "connectionChanged", connection: "reconnecting" });
  equal(visit.timeline?.provisional, null);
});
