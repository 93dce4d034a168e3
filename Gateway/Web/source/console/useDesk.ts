import { type Dispatch, useEffect, useMemo, useReducer, useRef } from "react";
import { Client, open } from "../api/client";
import type { Tokens } from "../api/model";
import { Problem } from "../api/problem";
import { fetchConversation } from "../conversation/fetch";
import { LiveConnection } from "../live/connection";
import { conversationInAddress, go, useAddress } from "./address";
import { advance, type Desk, type DeskAction, type Filter, isStaff, newDesk } from "./desk";
import { StaffAuthority } from "./staff-authority";

/** What a member of staff can do. */
export interface DeskVerbs {
  /** - Throws: `Problem`. */
  signIn(email: string, password: string): Promise<void>;
  /** - Throws: `Problem`. */
  setUp(token: string, password: string): Promise<void>;
  signOut(): void;
  show(filter: Filter): void;
  loadMore(): void;
}

/** Runs the console: a pure reducer advances its state, and everything that reaches outside happens here. */
export function useDesk(): { desk: Desk; verbs: DeskVerbs; client: Client } {
  const parts = useRef<ReturnType<typeof connect>>();
  const [desk, dispatch] = useReducer(advance, null, () => newDesk({
    isRestoring: new StaffAuthority(() => undefined).mayRestore,
    conversationId: conversationInAddress(),
  }));
  const latest = useRef(desk);
  latest.current = desk;
  parts.current ??= connect(dispatch, () => latest.current);
  const { authority, client, live } = parts.current;
  const isSignedIn = desk.session.state === "signedIn";
  const { reading } = desk;

  useEffect(() => {
    if (authority.mayRestore) void enter(authority, client, dispatch).catch((error) =>
      dispatch({ type: "signedOut", notice: Problem.wordsOf(error) }));
  }, [authority, client]);

  useEffect(() => {
    if (!isSignedIn) return;
    live.start();
    void load(client, "all", dispatch);
    return () => live.stop();
  }, [client, live, isSignedIn]);

  useAddress((id) => dispatch(id === null ? { type: "conversationClosed" } : { type: "conversationOpened", id }));

  const readingId = isSignedIn ? reading?.id : undefined;
  useEffect(() => {
    if (!readingId) return;
    fetchConversation(client, readingId).then(
      (found) => dispatch({ type: "conversationArrived", ...found }),
      (error) => dispatch({ type: "conversationFailed", id: readingId, problem: Problem.wordsOf(error) }),
    );
  }, [client, readingId]);

  // A conversation was opened, or a number was missed: take up after the last one seen.
  useEffect(() => { live.resume(); }, [live, reading?.timeline?.conversationId, reading?.timeline?.isBehind]);

  const verbs = useMemo(() => verbsOf(authority, client, dispatch, () => latest.current), [authority, client]);
  return { desk, verbs, client };
}

function connect(dispatch: Dispatch<DeskAction>, desk: () => Desk) {
  const authority = new StaffAuthority(() =>
    dispatch({ type: "signedOut", notice: "Your session has ended. Please sign in again." }));
  const client = new Client(authority);
  const live = new LiveConnection({
    token: async (isInDoubt) => {
      if (isInDoubt) await client.tryToken().catch(() => null);
      return authority.token();
    },
    resumePoint: () => {
      const timeline = desk().reading?.timeline;
      return timeline ? { conversation_id: timeline.conversationId, last_seq: timeline.lastSeq } : null;
    },
    onFrame: (frame) => dispatch({ type: "frameReceived", frame }),
    onGone: (problem) => {
      const id = desk().reading?.id;
      if (id) dispatch({ type: "conversationFailed", id, problem: problem.message });
    },
    onState: (connection) => dispatch({ type: "connectionChanged", connection }),
  });
  return { authority, client, live };
}

/** Goes in with the tokens that are there, if the account is one of staff. */
async function enter(authority: StaffAuthority, client: Client, dispatch: Dispatch<DeskAction>): Promise<void> {
  const account = await client.me();
  if (isStaff(account)) return dispatch({ type: "signedIn", account });
  await authority.signOut();
  dispatch({ type: "signedOut", notice: "This console is for staff. To ask us something, use the conversation page." });
}

async function load(client: Client, filter: Filter, dispatch: Dispatch<DeskAction>, cursor: string | null = null) {
  dispatch(cursor === null ? { type: "listRequested", filter } : { type: "moreRequested" });
  try {
    const page = await client.conversations(filter, cursor);
    dispatch({ type: "listArrived", filter, page, isMore: cursor !== null });
  } catch (error) {
    dispatch({ type: "listFailed", filter, problem: Problem.wordsOf(error) });
  }
}

function verbsOf(
  authority: StaffAuthority, client: Client, dispatch: Dispatch<DeskAction>, desk: () => Desk,
): DeskVerbs {
  const enterWith = async (tokens: Tokens) => {
    authority.accept(tokens);
    await enter(authority, client, dispatch);
  };
  return {
    signIn: async (email, password) => enterWith(await open.signIn(email, password)),
    setUp: async (token, password) => enterWith(await open.setUp(token, password)),
    signOut: () => {
      void authority.signOut();
      dispatch({ type: "signedOut", notice: null });
      go(null);
    },
    show: (filter) => void load(client, filter, dispatch),
    loadMore: () => {
      const { filter, nextCursor } = desk().list;
      if (nextCursor !== null) void load(client, filter, dispatch, nextCursor);
    },
  };
}
