// What the API answers, field for field. Fields marked `?` may be absent.

export interface Account {
  id: string;
  email: string;
  name?: string | null;
  role: "customer" | "agent" | "supervisor" | "admin";
}

export interface Author {
  kind: "contact" | "agent" | "assistant" | "system";
  id?: string | null;
  name?: string | null;
}

/** A passage of a help article that an answer rests on. */
export interface Citation {
  article_id: string;
  title: string;
  quote: string;
  url?: string | null;
}

export interface Message {
  id: string;
  conversation_id: string;
  /** The conversation's own, gap-free numbering; status changes take numbers too. */
  sequence: number;
  author: Author;
  content: string;
  citations: Citation[];
  created_at: string;
}

export type ConversationStatus = "open" | "resolved";

export interface Conversation {
  id: string;
  status: ConversationStatus;
  subject?: string | null;
  contact: { id: string; name?: string | null; email?: string | null };
  message_count: number;
  last_sequence: number;
  created_at: string;
  updated_at: string;
  ended_at?: string | null;
}

export interface Article {
  id: string;
  title: string;
  content: string;
  format: "markdown" | "text";
  created_at: string;
  updated_at: string;
}

/** One page of a list; a null cursor says that it was the last. */
export interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
}

export interface Tokens {
  access_token: string;
  expires_in: number;
  refresh_token: string;
}

export interface VisitorToken {
  access_token: string;
  expires_in: number;
}
