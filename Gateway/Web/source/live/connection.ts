import { Problem } from "../api/problem";
import { backoffMilliseconds } from "./backoff";
import { type ClientFrame, parseFrame, type ResumePoint, type ServerFrame } from "./frames";

/** Idle while there is nothing to follow. */
export type ConnectionState = "idle" | "connecting" | "connected" | "reconnecting" | "offline";

const pingMilliseconds = 25_000;
const pongMilliseconds = 10_000;
const handshakeMilliseconds = 10_000;
/** A connection that lasted this long was no accident: the next loss starts again at the shortest wait. */
const steadyMilliseconds = 5_000;
/** How the server closes a connection whose token has expired. */
const tokenExpiredCode = 4401;

export interface LiveConnectionOptions {
  /** The token for the handshake. One in doubt is tried out first, and renewed when it no longer holds. */
  token(isInDoubt: boolean): Promise<string | null>;
  /** Where to take up again after a new connection; null while there is no conversation. */
  resumePoint(): ResumePoint | null;
  onFrame(frame: ServerFrame): void;
  /** What the resume point names isn't there any more, or not for this reader. */
  onGone(problem: Problem): void;
  onState(state: ConnectionState): void;
}

/** One WebSocket that keeps itself alive: it pings, notices silence, and connects again. */
export class LiveConnection {
  private socket: WebSocket | null = null;
  private isStopped = true;
  private failures = 0;
  private isTokenInDoubt = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private steady: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LiveConnectionOptions) {}

  start(): void {
    this.isStopped = false;
    this.isTokenInDoubt = false;
    window.addEventListener("online", this.connectNow);
    window.addEventListener("offline", this.goOffline);
    document.addEventListener("visibilitychange", this.connectWhenVisible);
    this.options.onState(navigator.onLine ? "connecting" : "offline");
    void this.connect();
  }

  stop(): void {
    this.isStopped = true;
    window.removeEventListener("online", this.connectNow);
    window.removeEventListener("offline", this.goOffline);
    document.removeEventListener("visibilitychange", this.connectWhenVisible);
    clearTimeout(this.retry);
    this.drop();
    this.failures = 0;
    this.options.onState("idle");
  }

  /** Asks for everything after the resume point, then for what follows live. */
  resume(): void {
    const point = this.options.resumePoint();
    if (point) this.send({ type: "resume", data: point });
  }

  sendTyping(conversationId: string, active: boolean): void {
    this.send({ type: "typing", data: { conversation_id: conversationId, active } });
  }

  private async connect(): Promise<void> {
    clearTimeout(this.retry);
    this.drop();
    const token = await this.options.token(this.isTokenInDoubt).catch(() => null);
    // Another attempt may have begun while the token was fetched.
    if (this.isStopped || this.socket) return;
    if (token === null) return this.retryLater();

    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/v1/ws`, ["frontdesk.v1", `bearer.${token}`]);
    this.socket = socket;
    this.silence = setTimeout(() => this.lose(socket), handshakeMilliseconds);
    // A refused handshake doesn't say why; it may be the token.
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.opened();
    };
    socket.onclose = ({ code }) => {
      this.isTokenInDoubt = !wasOpen || code === tokenExpiredCode;
      this.lose(socket);
    };
    socket.onmessage = (event) => this.received(socket, event.data);
  }

  private opened(): void {
    clearTimeout(this.silence);
    this.steady = setTimeout(() => { this.failures = 0; }, steadyMilliseconds);
    this.ping = setInterval(() => this.probe(), pingMilliseconds);
    this.options.onState("connected");
    this.resume();
  }

  private probe(): void {
    const { socket } = this;
    if (!socket) return;
    this.send({ type: "ping" });
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lose(socket), pongMilliseconds);
  }

  private received(socket: WebSocket, text: unknown): void {
    clearTimeout(this.silence); // Whatever it says, the other end is there.
    const frame = parseFrame(text);
    if (frame === null || frame.type === "pong") return;
    if (frame.type === "error") this.refused(socket, new Problem(frame.data));
    else this.options.onFrame(frame);
  }

  /** Resuming is all that is asked of the server here. What may pass is asked again with the next connection. */
  private refused(socket: WebSocket, problem: Problem): void {
    if (problem.status === 403 || problem.status === 404) return this.options.onGone(problem);
    this.isTokenInDoubt = problem.status === 401;
    this.lose(socket);
  }

  private lose(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.drop();
    this.retryLater();
  }

  private retryLater(): void {
    if (this.isStopped) return;
    this.failures += 1;
    this.options.onState(navigator.onLine ? "reconnecting" : "offline");
    this.retry = setTimeout(() => void this.connect(), backoffMilliseconds(this.failures));
  }

  /** Forgets the socket without waiting for it: a dead one may take minutes to say that it closed. */
  private drop(): void {
    clearInterval(this.ping);
    clearTimeout(this.silence);
    clearTimeout(this.steady);
    const { socket } = this;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  private send(frame: ClientFrame): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private readonly connectNow = () => {
    if (!this.socket) void this.connect();
  };

  private readonly connectWhenVisible = () => {
    if (document.visibilityState !== "visible") return;
    // A tab that slept may hold a socket that died unnoticed.
    if (this.socket?.readyState === WebSocket.OPEN) this.probe();
    else this.connectNow();
  };

  private readonly goOffline = () => {
    this.drop();
    this.retryLater();
  };
}
