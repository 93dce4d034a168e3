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
    private let state = Mutex<(entries: [EventID: Entry], jobs: [any QueuedJob], ended: [JobLease])>(
        ([:], [], []))

    var all: [Entry] { state.withLock { Array($0.entries.values) } }
    /// What was enqueued, oldest first.
    var jobs: [MailTranscript] { state.withLock { $0.jobs.compactMap { $0 as? MailTranscript } } }
    var ended: [JobLease] { state.withLock { $0.ended } }

    func open(
        _ kind: DeliveryKind, for event: EventEnvelope, to recipient: Email, by job: some QueuedJob,
        _ context: MessageContext
    ) async throws {
        state.withLock { state in
            guard state.entries[event.id] == nil else { return }
            state.entries[event.id] = Entry(status: .pending, recipient: recipient)
            state.jobs.append(job)
        }
    }

    func recipient(of kind: DeliveryKind, for event: EventID) async throws -> Email? {
        state.withLock { $0.entries[event]?.recipient }
    }

    func close(
        _ kind: DeliveryKind, for event: EventID, as outcome: DeliveryOutcome, ending lease: JobLease,
        _ context: MessageContext
    ) async throws {
        state.withLock { state in
            switch outcome {
            case .sent: state.entries[event] = Entry(status: .sent)
            case .failed(let reason): state.entries[event] = Entry(status: .failed, reason: reason)
            }
            state.ended.append(lease)
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
