// The server's side of RFC 6455, as much as the mock server needs: text, ping, close; no fragments, no extensions.
import { createHash } from "node:crypto";

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Answers the handshake and hands back the two ends of the connection. */
export function acceptWebSocket(request, socket, protocol) {
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + magic).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
    + `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`);

  const connection = { onMessage: () => {}, onClose: () => {}, send: (text) => write(socket, 1, Buffer.from(text)) };
  let buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (let frame; (frame = read(buffer)); buffer = buffer.subarray(frame.length)) {
      if (frame.opcode === 1) connection.onMessage(frame.payload.toString());
      if (frame.opcode === 8) socket.end();
      if (frame.opcode === 9) write(socket, 10, frame.payload);
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => connection.onClose());
  return connection;
}

function read(buffer) {
  if (buffer.length < 6) return null;
  let size = buffer[1] & 0x7f;
  let at = 2;
  if (size === 126) {
    size = buffer.readUInt16BE(2);
    at = 4;
  }
  const length = at + 4 + size;
  if (buffer.length < length) return null;
  const mask = buffer.subarray(at, at + 4);
  const payload = Buffer.from(buffer.subarray(at + 4, length).map((byte, index) => byte ^ mask[index % 4]));
  return { opcode: buffer[0] & 0x0f, payload, length };
}

function write(socket, opcode, payload) {
  if (socket.destroyed) return;
  const header = payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length]) : Buffer.alloc(4);
  if (payload.length >= 126) {
    header[0] = 0x80 | opcode;
    header[1] = 126;
    header.writeUInt16BE(payload.length, 2);
  }
  socket.write(Buffer.concat([header, payload]));
}
