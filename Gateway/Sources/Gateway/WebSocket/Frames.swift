import Contracts
import FoundationEssentials

/// What a client says over the WebSocket: `{"type", "data"}`.
enum ClientFrame {
    /// Everything after `afterSequence`, then live.
    case resume(ConversationID, afterSequence: Int64)
    /// Live only.
    case subscribe(ConversationID)
    case unsubscribe(ConversationID)
    case typing(ConversationID, active: Bool)
    case ping

    /// - Throws: `.malformed`, or `.invalid` naming the field.
    init(json: Data) throws(ServiceError) {
        guard JSONGrammar.accepts(json) else { throw .malformedJSON }
        do {
            let frame = try JSONDecoder().decode(Envelope.self, from: json)
            switch frame.type {
            case "resume":
                let data = try frame.required()
                self = .resume(data.conversationID, afterSequence: max(0, data.lastSequence ?? 0))
            case "subscribe": self = .subscribe(try frame.required().conversationID)
            case "unsubscribe": self = .unsubscribe(try frame.required().conversationID)
            case "typing":
                let data = try frame.required()
                self = .typing(data.conversationID, active: data.active ?? true)
            case "ping": self = .ping
            default:
                throw ServiceError.invalid(
                    field: "type", code: "invalid_value",
                    "The type is one of resume, subscribe, unsubscribe, typing, ping.")
            }
        } catch let error as ServiceError {
            throw error
        } catch let error as DecodingError {
            throw ServiceError(error)
        } catch {
            throw .malformedJSON
        }
    }

    private struct Envelope: Decodable {
        let type: String
        let data: Payload?

        func required() throws(ServiceError) -> Payload {
            guard let data else {
                throw .invalid(field: "data", code: "required", "The field data is missing.")
            }
            return data
        }
    }

    private struct Payload: Decodable {
        let conversationID: ConversationID
        let lastSequence: Int64?
        let active: Bool?

        private enum CodingKeys: String, CodingKey {
            case active
            case conversationID = "conversation_id"
            case lastSequence = "last_seq"
        }
    }
}

/// What the server says: `{"seq", "type", "data"}`. Only what is numbered in the conversation has a `seq`.
struct ServerFrame<Payload: Encodable>: Encodable {
    let seq: Int64?
    let type: String
    let data: Payload

    init(_ type: String, seq: Int64? = nil, _ data: Payload) {
        self.seq = seq
        self.type = type
        self.data = data
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try encoder.encode(self)
    }
}

extension ConversationFeed.Element {
    /// This item as a frame.
    func frame(in conversation: ConversationID) throws -> Data {
        switch self {
        case .started(let view):
            try ServerFrame("conversation.started", seq: 1, view).json()
        case .message(let message):
            try ServerFrame("message.created", seq: message.sequence, message).json()
        case .statusChanged(let sequence, let status):
            try ServerFrame(
                "conversation.status_changed", seq: sequence,
                StatusData(conversationID: conversation, status: status)
            ).json()
        case .answerDelta(let text):
            try ServerFrame("message.delta", DeltaData(conversationID: conversation, text: text)).json()
        case .typing(let author, let active):
            try ServerFrame(
                active ? "typing.started" : "typing.stopped",
                TypingData(conversationID: conversation, author: author)
            ).json()
        }
    }

    /// The item's number, if it has one.
    var sequence: Int64? {
        switch self {
        case .started: 1
        case .message(let message): message.sequence
        case .statusChanged(let sequence, _): sequence
        case .answerDelta, .typing: nil
        }
    }
}

private struct StatusData: Encodable {
    let conversationID: ConversationID
    let status: ConversationStatus

    private enum CodingKeys: String, CodingKey {
        case status
        case conversationID = "conversation_id"
    }
}

private struct DeltaData: Encodable {
    let conversationID: ConversationID
    let text: String

    private enum CodingKeys: String, CodingKey {
        case text
        case conversationID = "conversation_id"
    }
}

private struct TypingData: Encodable {
    let conversationID: ConversationID
    let author: Author

    private enum CodingKeys: String, CodingKey {
        case author
        case conversationID = "conversation_id"
    }
}
