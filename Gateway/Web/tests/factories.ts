import type { Author, Conversation, Message } from "../source/api/model";
import type { ServerFrame } from "../source/live/frames";

export const visitor: Author = { kind: "contact", id: "visitor-1", name: null };
export const assistant: Author = { kind: "assistant", id: "assistant", name: "Assistant" };

export function sampleConversation(given: Partial<Conversation> = {}): Conversation {
  return {
    id: "conversation-1", status: "open", subject: null, contact: { id: "visitor-1", name: null, email: null }, message_count: 0, last_sequence: 0,
    created_at: "2026-03-01T10:00:00Z", updated_at: "2026-03-01T10:00:00Z", ended_at: null, ...given,
  };
}

export function sampleMessage(sequence: number, given: Partial<Message> = {}): Message {
  return {
    id: `message-${sequence}`, conversation_id: "conversation-1", sequence, author: assistant,
    content: `Message ${sequence}`, citations: [], created_at: "2026-03-01T10:00:00Z", ...given,
  };
}

export function created(message: Message): ServerFrame {
  return { type: "message.created", seq: message.sequence, data: message };
}

export function typing(type: "typing.started" | "typing.stopped", author: Author = assistant): ServerFrame {
  return { type, data: { conversation_id: "conversation-1", author } };
}

export function delta(text: string): ServerFrame {
  return { type: "message.delta", data: { conversation_id: "conversation-1", text } };
}
