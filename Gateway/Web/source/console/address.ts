import { useEffect, useRef } from "react";

const changed = "frontdesk:address";

/** `/console/conversations/{id}` names a conversation; every other address of the console is the list. */
export function conversationInAddress(): string | null {
  const match = /^\/console\/conversations\/([^/]+)\/?$/.exec(location.pathname);
  return match && decodeURIComponent(match[1]);
}

export function addressOf(conversationId: string | null): string {
  return conversationId === null ? "/console" : `/console/conversations/${encodeURIComponent(conversationId)}`;
}

export function go(conversationId: string | null): void {
  if (conversationId === conversationInAddress()) return;
  history.pushState(null, "", addressOf(conversationId));
  window.dispatchEvent(new Event(changed));
}

/** Says which conversation the address names, whenever it changes. */
export function useAddress(onChange: (conversationId: string | null) => void): void {
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    const tell = () => latest.current(conversationInAddress());
    window.addEventListener("popstate", tell);
    window.addEventListener(changed, tell);
    return () => {
      window.removeEventListener("popstate", tell);
      window.removeEventListener(changed, tell);
    };
  }, []);
}

/** The one-time token in `#setup=<token>`. It leaves the address bar and the history at once. */
export function takeSetUpToken(): string | null {
  const match = /^#setup=(.+)$/.exec(location.hash);
  if (!match) return null;
  history.replaceState(null, "", location.pathname);
  return decodeURIComponent(match[1]);
}
