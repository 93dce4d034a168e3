import Contracts
import FoundationEssentials
import NIOCore
import NIOFoundationCompat
import NIOWebSocket

/// Writes frames; returns when the connection has room for the next.
struct FrameWriter: Sendable {
    let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    func send(_ json: Data) async throws {
        try await write(.text, ByteBuffer(data: json))
    }

    func send(error: ServiceError, requestID: String) async throws {
        try await send(ServerFrame("error", Problem(error, requestID: requestID)).json())
    }

    func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) async throws {
        try await outbound.write(WebSocketFrame(fin: true, opcode: opcode, data: data))
    }

    func close(_ code: WebSocketErrorCode) async throws {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        try await write(.connectionClose, data)
    }
}
