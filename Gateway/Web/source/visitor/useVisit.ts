import { type Dispatch, useEffect, useMemo, useReducer, useRef } from "react";
import { Client, newIdempotencyKey } from "../api/client";
import { Problem } from "../api/problem";
import { fetchConversation } from "../conversation/fetch";
import { advance, newVisit, nextToSend, type Visit, type VisitAction } from "../conversation/visit";
import { LiveConnection } from "../live/connection";
import { forget, recall, remember } from "./memory";
import { useDelivery } from "./useDelivery";
import { usePolling } from "./usePolling";
import { VisitorAuthority } from "./visitor-authority";

/** What the visitor can do. */
export interface VisitVerbs {
  send(content: string): void;
  tryAgain(key: string): void;
  /** - Throws: `Problem`. */
  end(transcriptTo: string | null): Promise<void>;
  startNew(): void;
  showTyping(active: boolean): void;
}

/** Runs a visit: a pure reducer advances its state, and everything that reaches outside happens here. */
export function useVisit(): { visit: Visit; verbs: VisitVerbs; client: Client } {
  const [visit, dispatch] = useReducer(advance, null, () => newVisit({
    isRestoring: recall("conversation") !== null,
    outgoing: recall("outgoing") ?? [],
  }));
  const latest = useRef(visit);
  latest.current = visit;
  const { client, live } = useMemo(() => connect(dispatch, () => latest.current), []);
  const { timeline, connection, isRestoring } = visit;
  const conversationId = timeline?.conversationId ?? null;

  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);

  // Tried again with each change of the connection, until the server has answered one way or the other.
  useEffect(() => (isRestoring ? restore(client, dispatch) : undefined), [client, isRestoring, connection]);

  // A new conversation, or a number that was missed: take up after the last one seen.
  useEffect(() => { live.resume(); }, [live, conversationId, timeline?.isBehind]);

  useEffect(() => { remember("outgoing", visit.outgoing); }, [visit.outgoing]);
  useDelivery(nextToSend(visit), conversationId, client, dispatch);
  usePolling(connection === "reconnecting" ? conversationId : null, client, () => latest.current, dispatch);

  const verbs = useMemo(() => verbsOf(client, live, dispatch, () => latest.current), [client, live]);
  return { visit, verbs, client };
}

function connect(dispatch: Dispatch<VisitAction>, visit: () => Visit) {
  const authority = new VisitorAuthority(() => {
    forget("conversation");
    dispatch({ type: "conversationLeft" });
    live.restart();
  });
  const client = new Client(authority);
  const live: LiveConnection = new LiveConnection({
    token: async (afterRefusal) => {
      // A handshake that fails doesn't say why; a request does, and a refused token is then replaced.
      if (afterRefusal) await client.me().catch(() => null);
      return authority.token();
    },
    resumePoint: () => {
      const { timeline } = visit();
      return timeline && { conversation_id: timeline.conversationId, last_seq: timeline.lastSeq };
    },
    onFrame: (frame) => dispatch({ type: "frameReceived", frame }),
    onState: (connection) => dispatch({ type: "connectionChanged", connection }),
  });
  return { client, live };
}

function restore(client: Client, dispatch: Dispatch<VisitAction>): () => void {
  let isCurrent = true;
  const leave = () => {
    forget("conversation");
    dispatch({ type: "conversationLeft" });
  };
  fetchConversation(client, recall("conversation")?.id ?? "").then(
    (found) => { if (isCurrent) dispatch({ type: "conversationRestored", ...found }); },
    (error) => { if (isCurrent && error instanceof Problem && !error.isPassing) leave(); },
  );
  return () => { isCurrent = false; };
}

function verbsOf(client: Client, live: LiveConnection, dispatch: Dispatch<VisitAction>, visit: () => Visit): VisitVerbs {
  const conversationId = () => visit().timeline?.conversationId;
  return {
    send: (content) => dispatch({ type: "messageWritten", key: newIdempotencyKey(), content }),
    tryAgain: (key) => dispatch({ type: "messageTriedAgain", key }),
    end: async (transcriptTo) => {
      const id = conversationId();
      if (id) dispatch({ type: "conversationEnded", conversation: await client.endConversation(id, transcriptTo) });
    },
    startNew: () => {
      forget("conversation");
      dispatch({ type: "conversationLeft" });
    },
    showTyping: (active) => {
      const id = conversationId();
      if (id) live.sendTyping(id, active);
    },
  };
}
