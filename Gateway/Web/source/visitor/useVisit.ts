import { type Dispatch, useEffect, useMemo, useReducer, useRef } from "react";
import { Client, newIdempotencyKey } from "../api/client";
import { Problem } from "../api/problem";
import { fetchConversation } from "../conversation/fetch";
import { advance, hasConversation, newVisit, nextToRepeat, nextToSend, type Visit, type VisitAction } from "../conversation/visit";
import { LiveConnection } from "../live/connection";
import { forget, recall, remember } from "./memory";
import { useDelivery, useRepetition } from "./useDelivery";
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

  // Nobody is a visitor, and nothing is connected, before there is a conversation.
  const isFollowing = hasConversation(visit);
  useEffect(() => {
    if (!isFollowing) return;
    live.start();
    return () => live.stop();
  }, [live, isFollowing]);

  // Tried again with each change of the connection, until the server has answered one way or the other.
  useEffect(() => (isRestoring ? restore(client, dispatch) : undefined), [client, isRestoring, connection]);

  // A new conversation, or a number that was missed: take up after the last one seen.
  useEffect(() => { live.resume(); }, [live, conversationId, timeline?.isBehind]);

  useEffect(() => { remember("outgoing", visit.outgoing); }, [visit.outgoing]);
  useDelivery(nextToSend(visit), conversationId, client, dispatch);
  useRepetition(nextToRepeat(visit), dispatch);
  usePolling(connection === "reconnecting" ? conversationId : null, client, () => latest.current, dispatch);

  const verbs = useMemo(() => verbsOf(client, live, dispatch, () => latest.current), [client, live]);
  return { visit, verbs, client };
}

function connect(dispatch: Dispatch<VisitAction>, visit: () => Visit) {
  const leave = () => leaveConversation(dispatch);
  const authority = new VisitorAuthority(leave);
  const client = new Client(authority);
  const live = new LiveConnection({
    token: async (isInDoubt) => {
      // With the visitor the conversation has gone: nothing is left to connect for.
      if (isInDoubt && (await isRefused(client.tryToken()))) return null;
      return authority.token();
    },
    resumePoint: () => {
      const { timeline } = visit();
      return timeline && { conversation_id: timeline.conversationId, last_seq: timeline.lastSeq };
    },
    onFrame: (frame) => dispatch({ type: "frameReceived", frame }),
    onGone: leave,
    onState: (connection) => dispatch({ type: "connectionChanged", connection }),
  });
  return { client, live };
}

async function isRefused(request: Promise<void>): Promise<boolean> {
  return request.then(() => false, (error) => error instanceof Problem && error.refusesToken);
}

function leaveConversation(dispatch: Dispatch<VisitAction>): void {
  forget("conversation");
  dispatch({ type: "conversationLeft" });
}

function restore(client: Client, dispatch: Dispatch<VisitAction>): () => void {
  const known = recall("conversation");
  // The visitor it belonged to was forgotten in the meantime.
  if (known === null) {
    dispatch({ type: "conversationLeft" });
    return () => undefined;
  }
  let isCurrent = true;
  fetchConversation(client, known.id).then(
    (found) => { if (isCurrent) dispatch({ type: "conversationRestored", ...found }); },
    (error) => { if (isCurrent && error instanceof Problem && !error.isPassing) leaveConversation(dispatch); },
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
    startNew: () => leaveConversation(dispatch),
    showTyping: (active) => {
      const id = conversationId();
      if (id) live.sendTyping(id, active);
    },
  };
}
