import type { Author, Conversation, ConversationStatus, Message } from "../api/model";
import type { ServerFrame } from "../live/frames";

/** What a reader knows of one conversation. */
export interface Timeline {
  conversationId: string;
  status: ConversationStatus;
  /** In the order of their sequence. */
  messages: Message[];
  /** The last number seen; numbers have no gaps. */
  lastSeq: number;
  /** A number was missed: nothing is taken in until the connection has resumed after `lastSeq`. */
  isBehind: boolean;
  typing: Author | null;
  /** The words so far of an answer that isn't stored yet; null while the assistant writes none. */
  provisional: string | null;
  /** The last answer that arrived while the reader was there: it is revealed word by word. */
  streamedId: string | null;
}

/** `messages` may be newer than `conversation`: what the frames then repeat is recognised by its id. */
export function openTimeline(conversation: Conversation, messages: Message[] = []): Timeline {
  return {
    conversationId: conversation.id,
    status: conversation.status,
    messages: [...messages].sort((a, b) => a.sequence - b.sequence),
    lastSeq: messages.length === 0 ? 0 : conversation.last_sequence,
    isBehind: false,
    typing: null,
    provisional: null,
    streamedId: null,
  };
}

/** Takes in one frame; frames of other conversations, repeated ones and those after a gap change nothing else. */
export function receiveFrame(timeline: Timeline, frame: ServerFrame): Timeline {
  if (conversationOf(frame) !== timeline.conversationId) return timeline;
  if ("seq" in frame && frame.seq !== undefined) {
    if (frame.seq <= timeline.lastSeq) return timeline;
    if (frame.seq > timeline.lastSeq + 1) return timeline.isBehind ? timeline : { ...timeline, isBehind: true };
    timeline = { ...timeline, lastSeq: frame.seq, isBehind: false };
  }
  switch (frame.type) {
    case "conversation.started":
      return timeline;
    case "message.created":
      return receiveMessage(timeline, frame.data);
    case "conversation.status_changed":
      return { ...silence(timeline), status: frame.data.status };
    case "message.delta":
      // Late words of an answer that is stored, or of one whose beginning was missed, would stand there alone.
      return timeline.provisional === null ? timeline : { ...timeline, provisional: timeline.provisional + frame.data.text };
    case "typing.started":
      return { ...timeline, typing: frame.data.author, provisional: isAssistant(frame.data.author) ? "" : timeline.provisional };
    case "typing.stopped":
      return stopTyping(timeline, frame.data.author);
  }
}

function conversationOf(frame: ServerFrame): string {
  return frame.type === "conversation.started" ? frame.data.id : frame.data.conversation_id;
}

/** Stores a message once, in its place, however it came: as a frame, in a list, or as the answer to sending it. */
export function storeMessage(timeline: Timeline, message: Message): Timeline {
  const others = timeline.messages.filter((other) => other.id !== message.id);
  const after = others.findIndex((other) => other.sequence > message.sequence);
  const place = after === -1 ? others.length : after;
  return { ...timeline, messages: [...others.slice(0, place), message, ...others.slice(place)] };
}

/** Words and typing belong to a live connection: what was lost with it comes back as stored messages. */
export function silence(timeline: Timeline): Timeline {
  return { ...timeline, typing: null, provisional: null };
}

function isAssistant(author: Author): boolean {
  return author.kind === "assistant";
}

/** An answer that the assistant gave up is taken back with its typing. */
function stopTyping(timeline: Timeline, author: Author): Timeline {
  const typing = timeline.typing?.kind === author.kind ? null : timeline.typing;
  return { ...timeline, typing, provisional: isAssistant(author) ? null : timeline.provisional };
}

function receiveMessage(timeline: Timeline, message: Message): Timeline {
  const isNew = !timeline.messages.some((known) => known.id === message.id);
  const stored = storeMessage(timeline, message);
  // A visitor may write while the assistant answers; only a reply replaces the provisional one.
  if (message.author.kind === "contact") return stored;
  return { ...silence(stored), streamedId: isNew ? message.id : timeline.streamedId };
}
