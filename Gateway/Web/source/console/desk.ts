import type { Account, Conversation, ConversationStatus, Message, Page } from "../api/model";
import { openTimeline, receiveFrame, silence, type Timeline } from "../conversation/timeline";
import type { ConnectionState } from "../live/connection";
import type { ServerFrame } from "../live/frames";

export type Filter = ConversationStatus | "all";

/** The console's list of conversations, newest first. */
export interface ConversationList {
  filter: Filter;
  conversations: Conversation[];
  nextCursor: string | null;
  isLoading: boolean;
  problem: string | null;
}

/** The conversation that is open beside or over the list. */
export interface Reading {
  id: string;
  conversation: Conversation | null;
  timeline: Timeline | null;
  problem: string | null;
}

/** The state of the console. */
export interface Desk {
  session: { state: "restoring" } | { state: "signedOut"; notice: string | null } | { state: "signedIn"; account: Account };
  connection: ConnectionState;
  list: ConversationList;
  reading: Reading | null;
}

export type DeskAction =
  | { type: "signedIn"; account: Account }
  | { type: "signedOut"; notice: string | null }
  | { type: "connectionChanged"; connection: ConnectionState }
  | { type: "listRequested"; filter: Filter }
  | { type: "moreRequested" }
  | { type: "listArrived"; filter: Filter; page: Page<Conversation>; isMore: boolean }
  | { type: "listFailed"; filter: Filter; problem: string }
  | { type: "conversationOpened"; id: string }
  | { type: "conversationClosed" }
  | { type: "conversationArrived"; conversation: Conversation; messages: Message[] }
  | { type: "conversationFailed"; id: string; problem: string }
  | { type: "frameReceived"; frame: ServerFrame };

const emptyList: ConversationList = { filter: "all", conversations: [], nextCursor: null, isLoading: false, problem: null };

export function newDesk(options: { isRestoring: boolean; conversationId: string | null }): Desk {
  return {
    session: options.isRestoring ? { state: "restoring" } : { state: "signedOut", notice: null },
    connection: "idle",
    list: emptyList,
    reading: options.conversationId === null ? null : unread(options.conversationId),
  };
}

/** The console is for the people who answer; customers have the visitor's page. */
export function isStaff(account: Account): boolean {
  return account.role !== "customer";
}

export function advance(desk: Desk, action: DeskAction): Desk {
  const { list, reading } = desk;
  switch (action.type) {
    case "signedIn":
      return { ...desk, session: { state: "signedIn", account: action.account } };
    case "signedOut":
      // Nothing of what was read stays behind for whoever signs in next.
      return {
        ...desk,
        session: { state: "signedOut", notice: action.notice },
        list: emptyList,
        reading: reading && unread(reading.id),
      };
    case "connectionChanged":
      return changeConnection(desk, action.connection);
    case "listRequested": {
      const conversations = action.filter === list.filter ? list.conversations : [];
      return { ...desk, list: { ...emptyList, filter: action.filter, conversations, isLoading: true } };
    }
    case "moreRequested":
      return { ...desk, list: { ...list, isLoading: true, problem: null } };
    case "listArrived":
      return action.filter === list.filter ? { ...desk, list: arrive(list, action.page, action.isMore) } : desk;
    case "listFailed":
      if (action.filter !== list.filter) return desk;
      return { ...desk, list: { ...list, isLoading: false, problem: action.problem } };
    case "conversationOpened":
      return reading?.id === action.id ? desk : { ...desk, reading: unread(action.id) };
    case "conversationClosed":
      return { ...desk, reading: null };
    case "conversationArrived": {
      const { conversation, messages } = action;
      if (reading?.id !== conversation.id) return desk;
      const timeline = openTimeline(conversation, messages);
      return { ...desk, reading: { ...reading, conversation, timeline, problem: null } };
    }
    case "conversationFailed":
      return reading?.id === action.id ? { ...desk, reading: { ...reading, problem: action.problem } } : desk;
    case "frameReceived":
      return reading?.timeline ? { ...desk, reading: receive(reading, reading.timeline, action.frame) } : desk;
  }
}

function unread(id: string): Reading {
  return { id, conversation: null, timeline: null, problem: null };
}

/** A conversation that moved to the top between two pages arrives twice and is shown once. */
function arrive(list: ConversationList, page: Page<Conversation>, isMore: boolean): ConversationList {
  const known = isMore ? list.conversations : [];
  const ids = new Set(known.map((conversation) => conversation.id));
  const fresh = page.data.filter((conversation) => !ids.has(conversation.id));
  return { ...list, conversations: [...known, ...fresh], nextCursor: page.next_cursor, isLoading: false, problem: null };
}

function receive(reading: Reading, before: Timeline, frame: ServerFrame): Reading {
  const timeline = receiveFrame(before, frame);
  if (timeline === before) return reading;
  const conversation = reading.conversation && { ...reading.conversation, status: timeline.status };
  return { ...reading, timeline, conversation };
}

function changeConnection(desk: Desk, connection: ConnectionState): Desk {
  const { reading } = desk;
  if (connection === "connected" || !reading?.timeline) return { ...desk, connection };
  return { ...desk, connection, reading: { ...reading, timeline: silence(reading.timeline) } };
}
