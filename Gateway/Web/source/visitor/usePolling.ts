import { type Dispatch, useEffect } from "react";
import type { Client } from "../api/client";
import { fetchConversation } from "../conversation/fetch";
import type { Visit, VisitAction } from "../conversation/visit";

const pollMilliseconds = 5_000;

/** Some networks let no WebSocket through: there the conversation is asked for every few seconds instead. */
export function usePolling(
  conversationId: string | null, client: Client, visit: () => Visit, dispatch: Dispatch<VisitAction>,
): void {
  useEffect(() => {
    if (conversationId === null) return;
    let isNeeded = true;
    const poll = async () => {
      if (document.visibilityState === "hidden") return;
      const { last_sequence } = await client.conversation(conversationId);
      if (!isNeeded || last_sequence <= (visit().timeline?.lastSeq ?? 0)) return;
      const found = await fetchConversation(client, conversationId);
      if (isNeeded) dispatch({ type: "conversationRestored", ...found });
    };
    // A poll that fails is followed by another.
    const timer = setInterval(() => void poll().catch(() => undefined), pollMilliseconds);
    return () => {
      isNeeded = false;
      clearInterval(timer);
    };
  }, [conversationId, client, dispatch]);
}
