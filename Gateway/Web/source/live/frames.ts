import type { ProblemDocument } from "../api/problem";
import type { Author, Conversation, ConversationStatus, Message } from "../api/model";

/** What the server sends about a conversation. Frames with a `seq` are stored there; the others pass. */
export type ServerFrame =
  | { type: "conversation.started"; seq: number; data: Conversation }
  | { type: "message.created"; seq: number; data: Message }
  | { type: "conversation.status_changed"; seq: number; data: { conversation_id: string; status: ConversationStatus } }
  | { type: "message.delta"; data: { conversation_id: string; text: string } }
  | { type: "typing.started"; data: { conversation_id: string; author: Author } }
  | { type: "typing.stopped"; data: { conversation_id: string; author: Author } };

/** What the server says about the connection itself: an answer to a ping, or that it can't do what was asked. */
export type ConnectionFrame = { type: "pong" } | { type: "error"; data: ProblemDocument };

/** Where a reader of a conversation stands. */
export interface ResumePoint {
  conversation_id: string;
  last_seq: number;
}

export type ClientFrame =
  | { type: "resume"; data: ResumePoint }
  | { type: "typing"; data: { conversation_id: string; active: boolean } }
  | { type: "ping" };

/** Frames of a type that is unknown here come from a newer server and are passed over. */
export function parseFrame(text: unknown): ServerFrame | ConnectionFrame | null {
  if (typeof text !== "string") return null;
  try {
    const frame = JSON.parse(text);
    return knownTypes.has(frame?.type) ? frame : null;
  } catch {
    return null;
  }
}

const knownTypes = new Set([
  "conversation.started", "message.created", "conversation.status_changed", "message.delta", "typing.started",
  "typing.stopped", "pong", "error",
]);
