import type { Account, Article, Conversation, ConversationStatus, Message, Page, Tokens, VisitorToken } from "./model";
import { Problem } from "./problem";

const deadlineMilliseconds = 20_000;

/** Who asks. The visitor's page and the console each bring their own. */
export interface Authority {
  token(): Promise<string | null>;
  /** Called once when a token was refused; true when a new one is there and the request may be repeated. */
  renew(refused: string): Promise<boolean>;
}

interface RequestOptions {
  body?: unknown;
  idempotencyKey?: string;
}

/** Asks the server once, without a token. - Throws: `Problem`. */
export async function ask<Answer>(
  method: "GET" | "POST", path: string, options: RequestOptions = {}, token: string | null = null,
): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.idempotencyKey) headers["Idempotency-Key"] = options.idempotencyKey;
  if (token) headers.Authorization = `Bearer ${token}`;

  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), deadlineMilliseconds);
  try {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const response = await fetch(path, { method, headers, body, signal: abort.signal });
    if (!response.ok) throw await Problem.from(response);
    return response.status === 204 ? (undefined as Answer) : await response.json();
  } catch (error) {
    throw error instanceof Problem ? error : Problem.unreachable();
  } finally {
    clearTimeout(timer);
  }
}

/** The API, one verb a route. Every verb throws `Problem`. */
export class Client {
  constructor(private readonly authority: Authority) {}

  me(): Promise<Account> {
    return this.request("GET", "/v1/users/me");
  }

  startConversation(subject: string, idempotencyKey: string): Promise<Conversation> {
    return this.request("POST", "/v1/conversations", { body: { subject }, idempotencyKey });
  }

  conversation(id: string): Promise<Conversation> {
    return this.request("GET", `/v1/conversations/${encodeURIComponent(id)}`);
  }

  /** Newest first. */
  conversations(status: ConversationStatus | "all", cursor: string | null): Promise<Page<Conversation>> {
    const query = new URLSearchParams({ limit: "30" });
    if (status !== "all") query.set("status", status);
    if (cursor) query.set("cursor", cursor);
    return this.request("GET", `/v1/conversations?${query}`);
  }

  sendMessage(conversationId: string, content: string, idempotencyKey: string): Promise<Message> {
    const path = `/v1/conversations/${encodeURIComponent(conversationId)}/messages`;
    return this.request("POST", path, { body: { content }, idempotencyKey });
  }

  /** Costs the server next to nothing, and is answered for whoever's token holds. - Throws: `Problem`. */
  async tryToken(): Promise<void> {
    await this.request("GET", "/v1/conversations?limit=1");
  }

  /** Oldest first. */
  messages(conversationId: string, cursor: string | null): Promise<Page<Message>> {
    const query = new URLSearchParams({ limit: "100" });
    if (cursor) query.set("cursor", cursor);
    return this.request("GET", `/v1/conversations/${encodeURIComponent(conversationId)}/messages?${query}`);
  }

  endConversation(id: string, transcriptTo: string | null): Promise<Conversation> {
    const body = transcriptTo ? { email: transcriptTo } : {};
    return this.request("POST", `/v1/conversations/${encodeURIComponent(id)}/end`, { body });
  }

  article(id: string): Promise<Article> {
    return this.request("GET", `/v1/knowledge/articles/${encodeURIComponent(id)}`);
  }

  private async request<Answer>(method: "GET" | "POST", path: string, options?: RequestOptions): Promise<Answer> {
    const token = await this.authority.token();
    try {
      return await ask<Answer>(method, path, options, token);
    } catch (error) {
      const isRefused = error instanceof Problem && error.refusesToken && token !== null;
      if (!isRefused || !(await this.authority.renew(token))) throw error;
      return ask<Answer>(method, path, options, await this.authority.token());
    }
  }
}

/** The routes that need no token: they hand one out, or are for everybody. */
export const open = {
  site: () => ask<{ name: string }>("GET", "/v1/site"),
  becomeVisitor: () => ask<VisitorToken>("POST", "/v1/auth/visitor", { body: {} }),
  signIn: (email: string, password: string) => ask<Tokens>("POST", "/v1/auth/login", { body: { email, password } }),
  setUp: (token: string, password: string) => ask<Tokens>("POST", "/v1/auth/setup", { body: { token, password } }),
  refresh: (refresh_token: string) => ask<Tokens>("POST", "/v1/auth/refresh", { body: { refresh_token } }),
  signOut: (refresh_token: string) => ask<void>("POST", "/v1/auth/logout", { body: { refresh_token } }),
};

/** Works where `crypto.randomUUID` doesn't: on pages served without TLS. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
