import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { LiveConnection } from "../source/live/connection";

/** Stands in for the browser's WebSocket; the test plays the server. */
class ScriptedSocket {
  static readonly OPEN = 1;
  static opened: ScriptedSocket[] = [];
  static onNext: () => void = () => undefined;
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor(readonly url: string, readonly protocols: string[]) {
    ScriptedSocket.opened.push(this);
    ScriptedSocket.onNext();
  }

  send(text: string) { this.sent.push(JSON.parse(text)); }
  close() { this.readyState = 3; }
  accept() { this.readyState = 1; this.onopen?.(); }
  say(frame: unknown) { this.onmessage?.({ data: JSON.stringify(frame) }); }
}

const nowhere = { addEventListener: () => undefined, removeEventListener: () => undefined };
Object.assign(globalThis, { window: nowhere, document: nowhere, WebSocket: ScriptedSocket });
Object.assign(globalThis, { location: { protocol: "https:", host: "desk.example" } });
Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
// Full jitter without the jitter: every wait is over at once.
Math.random = () => 0;

function nextSocket(): Promise<ScriptedSocket> {
  return new Promise((resolve) => {
    ScriptedSocket.onNext = () => resolve(ScriptedSocket.opened[ScriptedSocket.opened.length - 1]);
  });
}

/** A connection that has just been started, its first socket, and what it has reported. */
async function start() {
  const heard = { doubts: [] as boolean[], states: [] as string[], frames: [] as string[], gone: [] as string[] };
  const live = new LiveConnection({
    token: async (isInDoubt) => { heard.doubts.push(isInDoubt); return "token"; },
    resumePoint: () => ({ conversation_id: "conversation-1", last_seq: 4 }),
    onFrame: (frame) => heard.frames.push(frame.type),
    onGone: (problem) => heard.gone.push(problem.code),
    onState: (state) => heard.states.push(state),
  });
  const first = nextSocket();
  live.start();
  return { live, heard, socket: await first };
}

test("a new connection resumes after the last number seen", async () => {
  const { live, heard, socket } = await start();
  equal(socket.url, "wss://desk.example/v1/ws");
  deepEqual(socket.protocols, ["frontdesk.v1", "bearer.token"]);
  socket.accept();
  deepEqual(socket.sent, [{ type: "resume", data: { conversation_id: "conversation-1", last_seq: 4 } }]);
  live.stop();
  deepEqual(heard.states, ["connecting", "connected", "idle"]);
});

test("a lost connection is made again with the token that it had", async () => {
  const { live, heard, socket } = await start();
  const second = nextSocket();
  socket.accept();
  socket.onclose?.({ code: 1006 });
  await second;
  live.stop();
  deepEqual(heard.doubts, [false, false]);
  deepEqual(heard.states, ["connecting", "connected", "reconnecting", "idle"]);
});

test("after a refused handshake, and when the token has expired, the token is in doubt", async () => {
  const { live, heard, socket } = await start();
  const second = nextSocket();
  socket.onclose?.({ code: 1006 });
  const welcome = await second;
  const third = nextSocket();
  welcome.accept();
  welcome.onclose?.({ code: 4401 });
  await third;
  live.stop();
  deepEqual(heard.doubts, [false, true, true]);
});

test("a conversation that isn't there is reported, and the connection stays", async () => {
  const { live, heard, socket } = await start();
  socket.accept();
  socket.say({ type: "error", data: { status: 404, code: "chat.conversation_not_found" } });
  deepEqual(heard.gone, ["chat.conversation_not_found"]);
  deepEqual(heard.states, ["connecting", "connected"]);
  live.stop();
});

test("what the server can't do for now is asked again with a new connection", async () => {
  const { live, heard, socket } = await start();
  const second = nextSocket();
  socket.accept();
  socket.say({ type: "error", data: { status: 503, code: "unavailable" } });
  (await second).accept();
  equal((await second).sent.length, 1);
  deepEqual(heard.gone, []);
  deepEqual(heard.states, ["connecting", "connected", "reconnecting", "connected"]);
  live.stop();
});

test("frames go on to the reader, answers to pings don't", async () => {
  const { live, heard, socket } = await start();
  socket.accept();
  socket.say({ type: "pong", data: {} });
  socket.say({ type: "a.newer.servers", data: {} });
  socket.say({ type: "message.delta", data: { conversation_id: "conversation-1", text: "Thirty" } });
  deepEqual(heard.frames, ["message.delta"]);
  live.stop();
});
