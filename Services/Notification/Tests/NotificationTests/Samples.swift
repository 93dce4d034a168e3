import Contracts
import ContractsTesting
import FoundationEssentials
import Synchronization

@testable import Notification

/// ``Deliveries`` in memory.
final class InMemoryDeliveries: Deliveries {
    struct Entry: Hashable {
        var status: DeliveryStatus
        var recipient: Email?
        var reason: String?
    }
    private let entries = Mutex<[EventID: Entry]>([:])

    var all: [Entry] { entries.withLock { Array($0.values) } }

    func open(
        _ kind: DeliveryKind, for event: EventEnvelope, to recipient: Email, _ context: MessageContext
    ) async throws -> DeliveryStatus {
        entries.withLock { entries in
            let entry = entries[event.id] ?? Entry(status: .pending, recipient: recipient)
            entries[event.id] = entry
            return entry.status
        }
    }

    func close(
        _ kind: DeliveryKind, for event: EventEnvelope, as outcome: DeliveryOutcome, _ context: MessageContext
    ) async throws {
        entries.withLock { entries in
            switch outcome {
            case .sent: entries[event.id] = Entry(status: .sent)
            case .failed(let reason): entries[event.id] = Entry(status: .failed, reason: reason)
            }
        }
    }
}

/// Keeps the mails; refuses as long as there is an error.
final class RecordingMailer: Mailer {
    private let state = Mutex<(sent: [Mail], error: ServiceError?)>(([], nil))

    var sent: [Mail] { state.withLock { $0.sent } }

    func refuse(with error: ServiceError?) {
        state.withLock { $0.error = error }
    }

    func send(_ mail: Mail) async throws {
        try state.withLock { state in
            if let error = state.error { throw error }
            state.sent.append(mail)
        }
    }
}

let sampleID = ConversationID("00000000-0000-7000-8000-0000000000c1")!

extension ConversationView {
    static func sample(subject: String? = "Where is my parcel?", messageCount: Int = 2) -> ConversationView {
        ConversationView(
            id: sampleID, status: .resolved, subject: subject,
            contact: Contact(id: AccountID(sampleID.rawValue), name: "Ada", email: nil),
            messageCount: messageCount, lastSequence: 4, createdAt: Instant(rfc3339: "2026-03-01T09:30:59Z")!,
            updatedAt: Instant(rfc3339: "2026-03-01T09:45:00Z")!,
            endedAt: Instant(rfc3339: "2026-03-01T09:45:00Z"))
    }
}

extension MessageView {
    static func sample(
        by kind: Author.Kind = .contact, name: String? = "Ada", content: String = "Where is it?",
        citations: [Citation] = [], at time: String = "2026-03-01T09:31:00Z"
    ) -> MessageView {
        MessageView(
            id: MessageID(sampleID.rawValue), conversationID: sampleID, sequence: 2,
            author: Author(kind: kind, id: nil, name: name), content: content, citations: citations,
            createdAt: Instant(rfc3339: time)!)
    }
}

extension EventEnvelope {
    static let sample = EventEnvelope(
        id: EventID("00000000-0000-7000-8000-0000000000e1")!, name: ConversationEnded.name,
        aggregate: Aggregate("conversation", sampleID.rawValue), sequence: 4,
        occurredAt: Instant(rfc3339: "2026-03-01T09:45:00Z")!, requestID: "test-request", traceparent: nil,
        payload: "{}")
}
