import Contracts
import ContractsTesting
import FoundationEssentials
import Synchronization

@testable import Analytics

/// ``DailyCounts`` in memory; like the real one it counts an event once.
final class InMemoryDailyCounts: DailyCounts {
    private struct State {
        var counted: Set<EventID> = []
        var counts: [Day: [Metric: Int]] = [:]
    }
    private let state = Mutex(State())

    var all: [Day: [Metric: Int]] { state.withLock { $0.counts } }

    func count(
        _ metrics: [Metric], on day: Day, for event: EventEnvelope, _ context: MessageContext
    ) async throws {
        state.withLock { state in
            guard state.counted.insert(event.id).inserted else { return }
            for metric in metrics { state.counts[day, default: [:]][metric, default: 0] += 1 }
        }
    }

    func startOver(_ context: MessageContext) async throws {
        state.withLock { $0 = State() }
    }

    func totals() async throws -> [Metric: Int] {
        all.values.reduce(into: [:]) { totals, counts in totals.merge(counts, uniquingKeysWith: +) }
    }
}

/// An event and what it is delivered in.
struct Occurrence: Sendable {
    let event: any CountedEvent
    let envelope: EventEnvelope
}

extension EventEnvelope {
    static func sample(of name: String, id: UUID, at instant: Instant) -> EventEnvelope {
        EventEnvelope(
            id: EventID(id), name: name, aggregate: Aggregate("conversation", id), sequence: 1,
            occurredAt: instant,
            requestID: "test-request", traceparent: nil, payload: "{}")
    }
}

private let someID = CountingUUIDs().next()
private let someTime = Instant(rfc3339: "2026-03-01T09:30:00Z")!

extension ConversationView {
    static let sample = ConversationView(
        id: ConversationID(someID), status: .open, subject: nil,
        contact: Contact(id: AccountID(someID), name: nil, email: nil), messageCount: 0, lastSequence: 1,
        createdAt: someTime, updatedAt: someTime, endedAt: nil)
}

extension MessagePosted {
    static func sample(by author: Author.Kind) -> MessagePosted {
        MessagePosted(
            message: MessageView(
                id: MessageID(someID), conversationID: ConversationID(someID), sequence: 2,
                author: Author(kind: author, id: nil, name: nil), content: "Hello", citations: [],
                createdAt: someTime))
    }
}

extension QuestionAnswered {
    static func sample(abstained: Bool) -> QuestionAnswered {
        QuestionAnswered(
            conversationID: ConversationID(someID), inReplyTo: MessageID(someID), abstained: abstained,
            confidence: 0.5)
    }
}

/// A repeatable source of randomness.
/// Source: Sebastiano Vigna, "splitmix64.c".
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
