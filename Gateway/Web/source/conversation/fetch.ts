import type { Client } from "../api/client";
import type { Conversation, Message, Page } from "../api/model";

/** At 100 messages a page, more than anyone reads; a longer conversation shows its beginning. */
const mostPages = 50;

/** A conversation with its messages. It is read first, so the live connection repeats what came meanwhile. */
export async function fetchConversation(
  client: Client, id: string,
): Promise<{ conversation: Conversation; messages: Message[] }> {
  const conversation = await client.conversation(id);
  const messages: Message[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < mostPages; page += 1) {
    const { data, next_cursor }: Page<Message> = await client.messages(id, cursor);
    messages.push(...data);
    cursor = next_cursor;
    if (cursor === null) break;
  }
  return { conversation, messages };
}
