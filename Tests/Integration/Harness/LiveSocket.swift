import Contracts
import FoundationEssentials
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A client's WebSocket. Answers pings; used by one task.
final class LiveSocket {
    typealias Connection = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    private var incoming: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    private let channel: any Channel
    /// Why the server closed it, once it has.
    private(set) var closeCode: WebSocketErrorCode?

    private init(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ channel: any Channel
    ) {
        incoming = inbound.makeAsyncIterator()
        self.outbound = outbound
        self.channel = channel
    }

    /// Connects with the token of `api`, runs `body`, and drops the connection without a goodbye.
    static func open<Result: Sendable>(
        as api: API, _ body: (LiveSocket) async throws -> Result
    ) async throws -> Result {
        guard let connection = try await connect(api.host.port, "frontdesk.v1, bearer.\(api.token ?? "")")
        else {
            throw HarnessError("The WebSocket was refused.")
        }
        return try await connection.executeThenClose { inbound, outbound in
            try await body(LiveSocket(inbound, outbound, connection.channel))
        }
    }

    /// - Returns: `nil` when the server didn't upgrade.
    static func connect(_ port: Int, _ protocols: String) async throws -> Connection? {
        let negotiation: EventLoopFuture<Connection?> = try await ClientBootstrap(
            group: MultiThreadedEventLoopGroup.singleton
        ).connectTimeout(.seconds(5)).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let upgrader = NIOTypedWebSocketClientUpgrader<Connection?>(
                    maxFrameSize: 1 << 20,
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try Connection(wrappingChannelSynchronously: channel)
                        }
                    })
                let head = HTTPRequestHead(
                    version: .http1_1, method: .GET, uri: "/v1/ws",
                    headers: ["host": "127.0.0.1", "sec-websocket-protocol": protocols])
                return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                    configuration: .init(
                        upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                            upgradeRequestHead: head, upgraders: [upgrader],
                            notUpgradingCompletionHandler: { channel in
                                channel.close(promise: nil)
                                return channel.eventLoop.makeSucceededFuture(Connection?.none)
                            })))
            }
        }
        return try await negotiation.get()
    }

    // MARK: - What the client says

    func say(_ json: JSON) async throws {
        try await write(.text, ByteBuffer(data: json.data()))
    }

    func resume(_ conversation: ConversationID, after sequence: Int64) async throws {
        try await say([
            "type": "resume",
            "data": ["conversation_id": .string("\(conversation)"), "last_seq": .int(Int(sequence))],
        ])
    }

    func subscribe(_ conversation: ConversationID) async throws {
        try await say(["type": "subscribe", "data": ["conversation_id": .string("\(conversation)")]])
    }

    func typing(_ conversation: ConversationID, active: Bool) async throws {
        try await say([
            "type": "typing", "data": ["conversation_id": .string("\(conversation)"), "active": .bool(active)],
        ])
    }

    func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) async throws {
        try await outbound.write(
            WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data))
    }

    // MARK: - What the server says

    /// The next frame; `nil` when the connection is over.
    func next() async throws -> Frame? {
        while let frame = try await incoming.next() {
            switch frame.opcode {
            case .text: return try Frame(json: Data(buffer: frame.unmaskedData))
            case .ping: try await write(.pong, frame.unmaskedData)
            case .connectionClose:
                var data = frame.unmaskedData
                closeCode = data.readWebSocketErrorCode()
                try? await write(.connectionClose, frame.unmaskedData)
                return nil
            default: break
            }
        }
        return nil
    }

    /// Frames up to and with the first that fits.
    func frames(until isLast: (Frame) throws -> Bool) async throws -> [Frame] {
        var frames: [Frame] = []
        while let frame = try await next() {
            frames.append(frame)
            if try isLast(frame) { return frames }
        }
        throw HarnessError("The WebSocket ended, after \(frames.map(\.type)).")
    }

    /// The next `count` numbered items.
    func items(_ count: Int) async throws -> [Frame] {
        var seen = 0
        guard count > 0 else { return [] }
        return try await frames { frame in
            if frame.seq != nil { seen += 1 }
            return seen == count
        }.filter { $0.seq != nil }
    }
}

/// `{"seq", "type", "data"}`
struct Frame: Sendable {
    let seq: Int64?
    let type: String
    private let json: Data

    init(json: Data) throws {
        self.json = json
        let envelope = try JSONDecoder().decode(Envelope.self, from: json)
        (seq, type) = (envelope.seq, envelope.type)
    }

    func data<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Content<Value>.self, from: json).data
    }

    /// The message, when the frame brings one.
    var message: MessageView? { type == "message.created" ? try? data() : nil }

    var delta: String? { type == "message.delta" ? try? data(Delta.self).text : nil }

    /// The problem's code, when the frame is an error.
    var errorCode: String? { type == "error" ? try? data(ProblemDocument.self).code : nil }

    private struct Envelope: Decodable {
        let seq: Int64?
        let type: String
    }

    private struct Content<Value: Decodable>: Decodable {
        let data: Value
    }

    private struct Delta: Decodable {
        let text: String
    }
}
