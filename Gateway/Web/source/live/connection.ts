import { backoffMilliseconds } from "./backoff";
import { type ClientFrame, parseFrame, type ResumePoint, type ServerFrame } from "./frames";

export type ConnectionState = "connecting" | "connected" | "reconnecting" | "offline";

const pingMilliseconds = 25_000;
const pongMilliseconds = 10_000;
const handshakeMilliseconds = 10_000;
/** A connection that lasted this long was no accident: the next loss starts again at the shortest wait. */
const steadyMilliseconds = 5_000;

export interface LiveConnectionOptions {
  /** The token for the handshake. After a refused handshake it is asked to find out whether the token still holds. */
  token(afterRefusal: boolean): Promise<string | null>;
  /** Where to take up again after a new connection; null while there is no conversation. */
  resumePoint(): ResumePoint | null;
  onFrame(frame: ServerFrame): void;
  onState(state: ConnectionState): void;
}

/** One WebSocket that keeps itself alive: it pings, notices silence, and connects again. */
export class LiveConnection {
  private socket: WebSocket | null = null;
  private isStopped = true;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private steady: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LiveConnectionOptions) {}

  start(): void {
    this.isStopped = false;
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
  }

  /** Connects anew, with whatever token holds now. */
  restart(): void {
    if (!this.isStopped) void this.connect();
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
    const token = await this.options.token(this.failures > 0).catch(() => null);
    // Another attempt may have begun while the token was fetched.
    if (this.isStopped || this.socket) return;
    if (token === null) return this.retryLater();

    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/v1/ws`, ["frontdesk.v1", `bearer.${token}`]);
    this.socket = socket;
    this.silence = setTimeout(() => this.lose(socket), handshakeMilliseconds);
    socket.onopen = () => this.opened();
    socket.onclose = () => this.lose(socket);
    socket.onmessage = (event) => this.received(event.data);
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

  private received(text: unknown): void {
    clearTimeout(this.silence); // Whatever it says, the other end is there.
    const frame = parseFrame(text);
    if (frame && frame.type !== "pong") this.options.onFrame(frame);
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
