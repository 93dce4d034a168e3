import type { Outgoing } from "../conversation/visit";

/** What a visitor's browser keeps between visits to the page. */
interface Memories {
  /** The visitor's token and the time, in milliseconds since 1970, when it expires. */
  visitor: { token: string; expiresAt: number };
  conversation: { id: string };
  /** The key under which the next conversation is created, so that trying twice creates one. */
  conversationKey: string;
  outgoing: Outgoing[];
  draft: string;
}

/** Browsers that forbid storage (private windows, embedded pages) get a page that forgets, not one that fails. */
export function recall<Name extends keyof Memories>(name: Name): Memories[Name] | null {
  try {
    return JSON.parse(localStorage.getItem(`frontdesk.${name}`) ?? "null");
  } catch {
    return null;
  }
}

export function remember<Name extends keyof Memories>(name: Name, memory: Memories[Name]): void {
  try {
    localStorage.setItem(`frontdesk.${name}`, JSON.stringify(memory));
  } catch {
    // Full or forbidden: the page works on without it.
  }
}

export function forget(name: keyof Memories): void {
  try {
    localStorage.removeItem(`frontdesk.${name}`);
  } catch {
    // As above.
  }
}
