// Serves the built pages and a canned API, for working on the pages and for testing them.
//
//   node dev/mock-server.mjs [port]          sign in as ada@northwind.example, "correct horse battery"
//
// A message that contains "fail" is refused once; "burst" is answered in one go, others word by word.
// POST /mock/drop cuts every live connection; POST /mock/forget makes every token invalid.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { accounts, conversations, Refusal, routes, sockets } from "./mock-api.mjs";
import { acceptWebSocket } from "./websocket.mjs";

const port = Number(process.argv[2] ?? 8090);
const dist = join(dirname(fileURLToPath(import.meta.url)), "../../Sources/WebAssets/dist");
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
  + "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
const types = {
  ".css": "text/css", ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2",
};

async function handle(request, response) {
  const url = new URL(request.url, "http://mock");
  let text = "";
  for await (const chunk of request) text += chunk;
  const asked = {
    body: text ? JSON.parse(text) : {},
    query: url.searchParams,
    key: request.headers["idempotency-key"],
    token: request.headers.authorization?.replace(/^Bearer /, ""),
  };
  for (const [method, pattern, act] of routes) {
    const match = method === request.method && pattern.exec(url.pathname);
    if (!match) continue;
    const answer = act(asked, ...match.slice(1).map(decodeURIComponent));
    const [status, body] = Array.isArray(answer) ? answer : [200, answer];
    response.writeHead(status, { "Content-Type": "application/json" });
    return response.end(body === undefined ? undefined : JSON.stringify(body));
  }
  serveFile(url.pathname, response);
}

function serveFile(path, response) {
  const name = path === "/" ? "index.html" : /^\/console(\/|$)/.test(path) ? "console.html" : normalize(path).slice(1);
  const file = join(dist, name);
  const isThere = file.startsWith(dist) && existsSync(file) && extname(file) in types;
  if (!isThere) throw new Refusal(404, "not_found", "There is nothing here.");
  response.writeHead(200, { "Content-Type": types[extname(file)], "Content-Security-Policy": policy });
  response.end(readFileSync(file));
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    const internal = { status: 500, title: "Internal error", detail: String(error), code: "internal" };
    const document = error instanceof Refusal ? error.document : internal;
    response.writeHead(document.status, { "Content-Type": "application/problem+json" });
    response.end(JSON.stringify(document));
  });
});

server.on("upgrade", (request, socket) => {
  const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(/,\s*/);
  const token = protocols.find((protocol) => protocol.startsWith("bearer."))?.slice("bearer.".length);
  const mayEnter = accounts.has(token) && protocols.includes("frontdesk.v1");
  if (!mayEnter) return socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
  const entry = { socket, reading: new Set(), connection: acceptWebSocket(request, socket, "frontdesk.v1") };
  sockets.add(entry);
  entry.connection.onClose = () => sockets.delete(entry);
  entry.connection.onMessage = (text) => {
    const { type, data } = JSON.parse(text);
    if (type === "ping") entry.connection.send(JSON.stringify({ type: "pong" }));
    if (type !== "resume") return;
    const conversation = conversations.get(data.conversation_id);
    entry.reading.add(data.conversation_id);
    const missed = conversation?.frames.filter(({ seq }) => seq > data.last_seq) ?? [];
    missed.forEach((frame) => entry.connection.send(JSON.stringify(frame)));
  };
});

server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
