import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { advance, type Desk, type DeskAction, newDesk } from "../source/console/desk";
import { created, sampleConversation, sampleMessage } from "./factories";

const after = (desk: Desk, ...actions: DeskAction[]) => actions.reduce(advance, desk);
const desk = newDesk({ isRestoring: false, conversationId: null });
const arrived = (ids: string[], isMore = false, filter: "all" | "open" = "all"): DeskAction => ({
  type: "listArrived", filter, isMore, page: { data: ids.map((id) => sampleConversation({ id })), next_cursor: "more" },
});
const shownIds = (desk: Desk) => desk.list.conversations.map((conversation) => conversation.id);

test("another page is added, and a conversation on both is shown once", () => {
  deepEqual(shownIds(after(desk, arrived(["a", "b"]), arrived(["b", "c"], true))), ["a", "b", "c"]);
});

test("a page that was asked for under another filter is passed over", () => {
  const open = after(desk, { type: "listRequested", filter: "open" }, arrived(["a"]));
  deepEqual(shownIds(open), []);
  deepEqual(shownIds(after(open, arrived(["b"], false, "open"))), ["b"]);
});

test("refreshing keeps the list on show until the new one is there", () => {
  const refreshing = after(desk, arrived(["a"]), { type: "listRequested", filter: "all" });
  deepEqual(shownIds(refreshing), ["a"]);
  equal(refreshing.list.isLoading, true);
});

test("the open conversation follows live, its status too", () => {
  const conversation = sampleConversation({ last_sequence: 1 });
  const reading = after(desk, { type: "conversationOpened", id: conversation.id },
    { type: "conversationArrived", conversation, messages: [sampleMessage(1)] },
    { type: "frameReceived", frame: created(sampleMessage(2)) },
    { type: "frameReceived", frame: { type: "conversation.status_changed", seq: 3,
      data: { conversation_id: conversation.id, status: "resolved" } } });
  equal(reading.reading?.timeline?.messages.length, 2);
  equal(reading.reading?.conversation?.status, "resolved");
});

test("a conversation that arrives after another was opened is passed over", () => {
  const other = after(desk, { type: "conversationOpened", id: "other" },
    { type: "conversationArrived", conversation: sampleConversation(), messages: [] });
  equal(other.reading?.conversation, null);
});

test("signing out leaves nothing behind to read", () => {
  const conversation = sampleConversation();
  const left = after(desk, arrived(["a"]), { type: "conversationOpened", id: conversation.id },
    { type: "conversationArrived", conversation, messages: [] }, { type: "signedOut", notice: null });
  deepEqual(shownIds(left), []);
  equal(left.reading?.timeline, null);
});
