import Contracts
import ContractsTesting
import FoundationEssentials
import NIOCore
import NIOWebSocket
import Testing

@testable import Gateway

@Suite struct HandshakeTests {
    private let complete = [
        "upgrade": ["WebSocket"], "sec-websocket-version": ["13"], "sec-websocket-key": ["a2V5"],
        "sec-websocket-protocol": ["frontdesk.v1", "bearer.abc.def"],
    ]

    @Test func tokenComesAsASubprotocol() throws {
        #expect(try Handshake { complete[$0] ?? [] }.token == "abc.def")
    }

    @Test(arguments: ["upgrade", "sec-websocket-version", "sec-websocket-key"])
    func withoutAnyPartItIsNoHandshake(missing: String) {
        let error = #expect(throws: ServiceError.self) {
            try Handshake { $0 == missing ? [] : complete[$0] ?? [] }
        }
        #expect(error?.kind == .upgradeRequired)
    }

    @Test(arguments: [[], ["frontdesk.v1"], ["bearer.abc"]])
    func withoutATokenItIsRefused(protocols: [String]) {
        let error = #expect(throws: ServiceError.self) {
            try Handshake { $0 == "sec-websocket-protocol" ? protocols : complete[$0] ?? [] }
        }
        #expect(error?.kind == .unauthenticated)
    }
}

@Suite struct MessageAssemblerTests {
    private func frame(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) -> WebSocketFrame {
        WebSocketFrame(fin: fin, opcode: opcode, data: ByteBuffer(string: text))
    }

    @Test func fragmentsBecomeOneMessage() {
        var assembler = MessageAssembler()
        guard case .incomplete = assembler.append(frame(.text, "{\"a\":", fin: false)),
            case .message(let data) = assembler.append(frame(.continuation, "1}"))
        else {
            Issue.record("expected a message after two fragments")
            return
        }
        #expect(data == Data("{\"a\":1}".utf8))
    }

    @Test func continuationOfNothingBreaksTheProtocol() {
        var assembler = MessageAssembler()
        guard case .refused(.protocolError) = assembler.append(frame(.continuation, "x")) else {
            Issue.record("expected a refusal")
            return
        }
    }

    @Test func messageLargerThanTheLimitIsRefused() {
        var assembler = MessageAssembler()
        let half = String(repeating: "x", count: 40 << 10)
        _ = assembler.append(frame(.text, half, fin: false))
        guard case .refused(.messageTooLarge) = assembler.append(frame(.continuation, half)) else {
            Issue.record("expected a refusal")
            return
        }
    }

    @Test func textThatIsNotUTF8IsRefused() {
        var assembler = MessageAssembler()
        let broken = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: [0xC3, 0x28]))
        guard case .refused(.dataInconsistentWithMessage) = assembler.append(broken) else {
            Issue.record("expected a refusal")
            return
        }
    }
}

@Suite struct FrameTests {
    private let id = ConversationID(CountingUUIDs().next())

    @Test func resumeNamesTheConversationAndTheNumber() throws {
        let json = #"{"type":"resume","data":{"conversation_id":"\#(id)","last_seq":7}}"#
        guard case .resume(let conversation, let sequence) = try ClientFrame(json: Data(json.utf8)) else {
            Issue.record("expected resume")
            return
        }
        #expect(conversation == id)
        #expect(sequence == 7)
    }

    @Test(arguments: [
        (#"{"type":"resume"}"#, "data"), (#"{"type":"dance"}"#, "type"),
        (#"{"type":"resume","data":{}}"#, "data.conversation_id"), (#"{}"#, "type"), (#"[]"#, "$"),
    ])
    func badFrameIsRefusedByField(json: String, field: String) {
        let error = #expect(throws: ServiceError.self) { try ClientFrame(json: Data(json.utf8)) }
        #expect(error?.fields.map(\.field) == [field])
    }

    @Test func onlyWhatIsStoredHasANumber() throws {
        let message = MessageView(
            id: MessageID(CountingUUIDs().next()), conversationID: id, sequence: 3, author: .assistant,
            content: "Hi",
            citations: [], createdAt: TestClock().now())
        let stored = String(
            decoding: try ConversationFeed.Element.message(message).frame(in: id), as: UTF8.self)
        #expect(stored.contains("\"seq\":3"))
        let delta = String(
            decoding: try ConversationFeed.Element.answerDelta(text: "Hi").frame(in: id), as: UTF8.self)
        #expect(!delta.contains("seq"))
        #expect(delta.contains("\"type\":\"message.delta\""))
    }
}
