import Contracts

/// A small command, the size of most.
struct Measure: Command {
    static let name = "chat.measure.v1"
    let text: String
    let number: Int

    struct Response: Codable, Sendable {
        let text: String
        let number: Int
    }

    static let sample = Measure(text: "How do I return a lamp that arrived broken?", number: 42)

    @Sendable static func handle(_ command: Measure, _ context: MessageContext) async throws -> Response {
        Response(text: command.text, number: command.number + 1)
    }

    static var table: HandlerTable {
        var table = HandlerTable(service: .chat)
        table.handle(Measure.self, with: handle)
        return table
    }
}

extension MessageContext {
    static let sample = MessageContext(
        principal: Principal(id: nil, role: .customer, name: "Ada", email: nil), requestID: "bench")
}
