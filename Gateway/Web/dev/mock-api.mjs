// The mock server's API: everything is kept in memory and every token is forgotten with the process.
import { randomUUID } from "node:crypto";
import { answerTo, articles, people, site } from "./canned.mjs";

/** Tokens are names; a session of staff is short so that refreshing is exercised. */
export const accounts = new Map();
export const conversations = new Map();
const answered = new Map();
const failedOnce = new Set();
/** The live connections: `{ socket, connection, reading }`, where `reading` names conversations. */
export const sockets = new Set();
const staffSessionMilliseconds = Number(process.env.STAFF_SESSION_MS ?? 600_000);

export class Refusal extends Error {
  constructor(status, code, detail, errors = []) {
    super(detail);
    const type = `https://frontdesk.example/problems/${code}`;
    this.document = { type, title: code, status, detail, code, request_id: randomUUID(), errors };
  }
}

/** Method, path, and what answers: a body, or a status and a body. */
export const routes = [
  ["GET", /^\/v1\/site$/, () => site],
  ["POST", /^\/v1\/auth\/visitor$/, () => {
    const account = { id: randomUUID(), email: null, name: null, role: "customer" };
    return [201, { ...tokensFor(account, 30 * 86_400_000), refresh_token: undefined, account }];
  }],
  ["POST", /^\/v1\/auth\/login$/, ({ body }) => {
    if (!body.email) throw refusedField("email", "Enter your e-mail address.");
    const person = people.find(({ email, password }) => email === body.email && password === body.password);
    if (!person) throw new Refusal(401, "auth.wrong_credentials", "The e-mail address or the password is wrong.");
    return tokensFor(person, staffSessionMilliseconds);
  }],
  ["POST", /^\/v1\/auth\/setup$/, ({ body }) => {
    if (body.token !== "one-time") throw new Refusal(401, "auth.setup_token_invalid", "This set-up link has been used already.");
    return tokensFor(people[0], staffSessionMilliseconds);
  }],
  ["POST", /^\/v1\/auth\/refresh$/, ({ body }) => {
    const session = accounts.get(body.refresh_token);
    if (!session) throw new Refusal(401, "auth.refresh_token_invalid", "The session is over.");
    accounts.delete(body.refresh_token);
    return tokensFor(session.account, staffSessionMilliseconds);
  }],
  ["POST", /^\/v1\/auth\/logout$/, () => [204]],
  ["GET", /^\/v1\/users\/me$/, (request) => accountOf(request)],
  ["POST", /^\/v1\/conversations$/, (request) => {
    const account = accountOf(request);
    return once(request, () => [201, shown(newConversation(account, request.body.subject ?? null))]);
  }],
  ["GET", /^\/v1\/conversations$/, (request) => {
    accountOf(request);
    const status = request.query.get("status");
    const all = [...conversations.values()].filter((it) => !status || it.status === status)
      .sort((a, b) => b.updated_at.localeCompare(a.updated_at)).map(shown);
    return page(all, request.query);
  }],
  ["GET", /^\/v1\/conversations\/([^/]+)$/, (request, id) => shown(find(request, id))],
  ["GET", /^\/v1\/conversations\/([^/]+)\/messages$/, (request, id) =>
    page(find(request, id).frames.filter(({ type }) => type === "message.created").map(({ data }) => data), request.query)],
  ["POST", /^\/v1\/conversations\/([^/]+)\/messages$/, (request, id) => {
    const conversation = find(request, id);
    const { content } = request.body;
    if (conversation.status === "resolved") throw new Refusal(409, "chat.conversation_resolved", "This conversation has ended.");
    if (content.includes("fail") && !failedOnce.has(request.key)) {
      failedOnce.add(request.key);
      throw new Refusal(422, "chat.refused", "The message wasn't accepted this time.");
    }
    return once(request, () => {
      const message = say(conversation, { kind: "contact", id: conversation.owner, name: null }, content);
      setTimeout(() => answer(conversation, content), 300);
      return [201, message];
    });
  }],
  ["POST", /^\/v1\/conversations\/([^/]+)\/end$/, (request, id) => {
    const conversation = find(request, id);
    const { email } = request.body;
    if (email && !email.includes(".")) throw refusedField("email", "That doesn't look like an e-mail address.");
    conversation.status = "resolved";
    conversation.ended_at = new Date().toISOString();
    publish(conversation, "conversation.status_changed", { conversation_id: id, status: "resolved" });
    return shown(conversation);
  }],
  ["GET", /^\/v1\/knowledge\/articles\/([^/]+)$/, (request, id) => {
    accountOf(request);
    if (!articles.has(id)) throw new Refusal(404, "not_found", "There is no such article.");
    return articles.get(id);
  }],
  ["POST", /^\/mock\/drop$/, () => {
    sockets.forEach(({ socket }) => socket.destroy());
    return [204];
  }],
  ["POST", /^\/mock\/forget$/, () => {
    accounts.clear();
    sockets.forEach(({ socket }) => socket.destroy());
    return [204];
  }],
];

function refusedField(field, message) {
  return new Refusal(422, "validation", "Please check the form.", [{ field, code: "invalid", message }]);
}

function tokensFor(account, lifetime) {
  const { password: _, ...shownAccount } = account;
  const access_token = `access-${randomUUID()}`;
  const refresh_token = `refresh-${randomUUID()}`;
  accounts.set(access_token, { account: shownAccount, expiresAt: Date.now() + lifetime });
  accounts.set(refresh_token, { account, expiresAt: Infinity });
  return { access_token, token_type: "Bearer", expires_in: lifetime / 1000, refresh_token };
}

function accountOf({ token }) {
  const session = accounts.get(token);
  if (!session) throw new Refusal(401, "auth.token_invalid", "Please sign in again.");
  if (session.expiresAt < Date.now()) throw new Refusal(401, "auth.token_expired", "Please sign in again.");
  return session.account;
}

function find(request, id) {
  const account = accountOf(request);
  const conversation = conversations.get(id);
  const mayRead = conversation && (account.role !== "customer" || conversation.owner === account.id);
  if (!mayRead) throw new Refusal(404, "not_found", "There is no such conversation.");
  return conversation;
}

/** The same key is answered once; a repetition gets the first answer again. */
function once(request, act) {
  if (!request.key) return act();
  if (!answered.has(request.key)) answered.set(request.key, act());
  return answered.get(request.key);
}

function newConversation(account, subject, name = null) {
  const now = new Date().toISOString();
  const conversation = {
    id: randomUUID(), owner: account.id, status: "open", subject, contact: { id: account.id, name, email: null },
    frames: [], created_at: now, updated_at: now, ended_at: null,
  };
  conversations.set(conversation.id, conversation);
  publish(conversation, "conversation.started", shown(conversation));
  return conversation;
}

function shown({ owner: _, frames, ...conversation }) {
  const message_count = frames.filter(({ type }) => type === "message.created").length;
  return { ...conversation, message_count, last_sequence: frames.length };
}

function page(items, query) {
  const limit = Number(query.get("limit") ?? 30);
  const start = Number(query.get("cursor") ?? 0);
  const end = start + limit;
  return { data: items.slice(start, end), next_cursor: items.length > end ? String(end) : null };
}

function say(conversation, author, content, citations = []) {
  const message = {
    id: randomUUID(), conversation_id: conversation.id, sequence: conversation.frames.length + 1,
    author, content, citations, created_at: new Date().toISOString(),
  };
  publish(conversation, "message.created", message);
  return message;
}

function publish(conversation, type, data) {
  conversation.updated_at = new Date().toISOString();
  const frame = { seq: conversation.frames.length + 1, type, data };
  conversation.frames.push(frame);
  signal(conversation, frame);
}

function signal(conversation, frame) {
  for (const { connection, reading } of sockets) {
    if (reading.has(conversation.id)) connection.send(JSON.stringify(frame));
  }
}

async function answer(conversation, question) {
  const author = { kind: "assistant", id: "assistant", name: "Assistant" };
  const conversation_id = conversation.id;
  const { content, citations } = answerTo(question);
  const isBurst = question.includes("burst");
  signal(conversation, { type: "typing.started", data: { conversation_id, author } });
  await pause(isBurst ? 0 : 500);
  for (const word of content.match(/\S+\s*/g)) {
    signal(conversation, { type: "message.delta", data: { conversation_id, text: word } });
    if (!isBurst) await pause(15);
  }
  if (conversation.status === "open") say(conversation, author, content, citations);
  signal(conversation, { type: "typing.stopped", data: { conversation_id, author } });
}

function pause(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

for (let number = 1; number <= 42; number += 1) {
  const subject = number % 7 === 0 ? null : `Can I return boots that I wore once, indoors, number ${number}?`;
  const name = number % 3 === 0 ? null : ["Mina Harker", "Jonathan", "Lucy Westenra"][number % 3];
  const conversation = newConversation({ id: `contact-${number}` }, subject, name);
  say(conversation, { kind: "contact", id: conversation.owner, name: conversation.contact.name }, "Can I get a refund?");
  const { content, citations } = answerTo("refund");
  say(conversation, { kind: "assistant", id: "assistant", name: "Assistant" }, content, citations);
  say(conversation, { kind: "system", id: null, name: null }, "Ada joined the conversation.");
  say(conversation, { kind: "agent", id: "user-admin", name: "Ada" }, "Hello, I'm Ada.\nI've sent you a label.");
  if (number % 2 === 0) conversation.status = "resolved";
  conversation.updated_at = new Date(Date.now() - number * number * 60_000).toISOString();
}
