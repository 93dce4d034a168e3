import { type Dispatch, useEffect, useRef } from "react";
import { type Client, newIdempotencyKey } from "../api/client";
import { Problem } from "../api/problem";
import { backoffMilliseconds } from "../live/backoff";
import type { Outgoing, VisitAction } from "../conversation/visit";
import { forget, recall, remember } from "./memory";
import { subjectOf } from "./subject";

/** Sends what is next to send; the first message begins the conversation it belongs to. */
export function useDelivery(
  next: Outgoing | null, conversationId: string | null, client: Client, dispatch: Dispatch<VisitAction>,
): void {
  useEffect(() => {
    if (!next) return;
    const sent = conversationId === null ? begin(next, client, dispatch) : deliver(next, conversationId, client, dispatch);
    sent.catch((error) => dispatch({
      type: "messageRefused",
      key: next.key,
      problem: Problem.wordsOf(error),
      isPassing: error instanceof Problem && (error.isPassing || error.refusesToken),
    }));
    // The key stands for the message: it changes when another one is next, or this one is tried again.
  }, [next?.key, conversationId, client, dispatch]);
}

/** Sends again, in growing intervals, what failed in passing: a new connection may come sooner, or never. */
export function useRepetition(failed: Outgoing | null, dispatch: Dispatch<VisitAction>): void {
  const failures = useRef({ key: "", count: 0 });
  useEffect(() => {
    if (!failed) return;
    const { key } = failed;
    failures.current = { key, count: failures.current.key === key ? failures.current.count + 1 : 1 };
    const again = () => dispatch({ type: "messageTriedAgain", key });
    const timer = setTimeout(again, backoffMilliseconds(failures.current.count));
    return () => clearTimeout(timer);
  }, [failed, dispatch]);
}

/** The conversation comes before its first message, so that the live connection is on its way for the answer. */
async function begin(first: Outgoing, client: Client, dispatch: Dispatch<VisitAction>): Promise<void> {
  const key = recall("conversationKey") ?? newIdempotencyKey();
  remember("conversationKey", key);
  const conversation = await client.startConversation(subjectOf(first.content), key);
  remember("conversation", { id: conversation.id });
  forget("conversationKey");
  dispatch({ type: "conversationStarted", conversation });
}

async function deliver(
  next: Outgoing, conversationId: string, client: Client, dispatch: Dispatch<VisitAction>,
): Promise<void> {
  const message = await client.sendMessage(conversationId, next.content, next.key);
  dispatch({ type: "messageStored", key: next.key, message });
}
