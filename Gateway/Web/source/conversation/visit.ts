import type { Conversation, Message } from "../api/model";
import type { ServerFrame } from "../live/frames";
import type { ConnectionState } from "../live/connection";
import { openTimeline, receiveFrame, silence, storeMessage, type Timeline } from "./timeline";

/** A message that the visitor wrote and the server hasn't confirmed. */
export interface Outgoing {
  /** Its Idempotency-Key: sent again with the same key, it is stored once. */
  key: string;
  content: string;
  /** Why it wasn't accepted; null while it is on its way. */
  problem: Refusal | null;
}

interface Refusal {
  words: string;
  /** Nothing is wrong with the message: it goes out again by itself. */
  isPassing: boolean;
}

/** The state of the visitor's page. */
export interface Visit {
  connection: ConnectionState;
  /** The conversation of an earlier visit to the page, while it is fetched. */
  isRestoring: boolean;
  /** Null until the first message. */
  timeline: Timeline | null;
  /** Oldest first. They outlive the conversation and the page. */
  outgoing: Outgoing[];
}

export type VisitAction =
  | { type: "connectionChanged"; connection: ConnectionState }
  | { type: "conversationStarted"; conversation: Conversation }
  | { type: "conversationRestored"; conversation: Conversation; messages: Message[] }
  | { type: "conversationEnded"; conversation: Conversation }
  /** Nothing to restore, a conversation that can't be read any more, or a wish to start anew. */
  | { type: "conversationLeft" }
  | { type: "frameReceived"; frame: ServerFrame }
  | { type: "messageWritten"; key: string; content: string }
  | { type: "messageStored"; key: string; message: Message }
  | { type: "messageRefused"; key: string; problem: string; isPassing: boolean }
  | { type: "messageTriedAgain"; key: string };

export function newVisit(options: { isRestoring: boolean; outgoing: Outgoing[] }): Visit {
  return { connection: options.isRestoring ? "connecting" : "idle", timeline: null, ...options };
}

export function hasEnded(visit: Visit): boolean {
  return visit.timeline?.status === "resolved";
}

/** Whether there is a conversation to follow: one that is open here, or of an earlier visit. */
export function hasConversation(visit: Visit): boolean {
  return visit.timeline !== null || visit.isRestoring;
}

/** The message that failed in passing, to be sent again after a while. */
export function nextToRepeat(visit: Visit): Outgoing | null {
  const next = visit.outgoing[0];
  return !hasEnded(visit) && next?.problem?.isPassing ? next : null;
}

/** The message to send now: one at a time keeps them in order, and a failed one holds back the rest. */
export function nextToSend(visit: Visit): Outgoing | null {
  const next = visit.outgoing[0];
  return !visit.isRestoring && !hasEnded(visit) && next?.problem === null ? next : null;
}

export function advance(visit: Visit, action: VisitAction): Visit {
  const { timeline } = visit;
  switch (action.type) {
    case "connectionChanged":
      return changeConnection(visit, action.connection);
    case "conversationStarted":
      return { ...visit, timeline: openTimeline(action.conversation) };
    case "conversationRestored":
      return { ...visit, isRestoring: false, timeline: openTimeline(action.conversation, action.messages) };
    case "conversationEnded":
      if (timeline?.conversationId !== action.conversation.id) return visit;
      return { ...visit, timeline: { ...silence(timeline), status: action.conversation.status } };
    case "conversationLeft":
      return { ...visit, isRestoring: false, timeline: null };
    case "frameReceived":
      return timeline === null ? visit : receive(visit, timeline, action.frame);
    case "messageWritten":
      return { ...visit, outgoing: [...visit.outgoing, { key: action.key, content: action.content, problem: null }] };
    case "messageStored":
      if (timeline?.conversationId !== action.message.conversation_id) return visit;
      return { ...visit, timeline: storeMessage(timeline, action.message), outgoing: without(visit, action.key) };
    case "messageRefused":
      return { ...visit, outgoing: withProblem(visit, action.key, { words: action.problem, isPassing: action.isPassing }) };
    case "messageTriedAgain":
      return { ...visit, outgoing: withProblem(visit, action.key, null) };
  }
}

function changeConnection(visit: Visit, connection: ConnectionState): Visit {
  if (connection !== "connected") {
    return { ...visit, connection, timeline: visit.timeline && silence(visit.timeline) };
  }
  const outgoing = visit.outgoing.map((message) => (message.problem?.isPassing ? { ...message, problem: null } : message));
  return { ...visit, connection, outgoing };
}

/**
 * The visitor's own message may come over the live connection before the request that sent it is
 * answered. Equal words are taken for the same message at once, so that it is never shown twice;
 * the answer then confirms it by its id.
 */
function receive(visit: Visit, timeline: Timeline, frame: ServerFrame): Visit {
  const received = receiveFrame(timeline, frame);
  if (received === timeline) return visit;
  const isOwn = frame.type === "message.created" && frame.data.author.kind === "contact" && !received.isBehind;
  const echo = isOwn ? visit.outgoing.find((outgoing) => outgoing.content === frame.data.content) : undefined;
  return { ...visit, timeline: received, outgoing: echo ? without(visit, echo.key) : visit.outgoing };
}

function without(visit: Visit, key: string): Outgoing[] {
  return visit.outgoing.filter((outgoing) => outgoing.key !== key);
}

function withProblem(visit: Visit, key: string, problem: Refusal | null): Outgoing[] {
  return visit.outgoing.map((outgoing) => (outgoing.key === key ? { ...outgoing, problem } : outgoing));
}
