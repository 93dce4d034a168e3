import Contracts
import Synchronization

@testable import AI

/// The list in memory. Says on `changes` when something left it or was put back.
final class InMemoryPendingAnswers: PendingAnswers {
    private struct State {
        var rows: [PendingAnswer] = []
        var seen: Set<EventID> = []
        var answered: [QuestionAnswered] = []
    }
    private let state = Mutex(State())
    let changes: AsyncStream<Change>
    private let report: AsyncStream<Change>.Continuation

    enum Change: Equatable {
        case finished(MessageID), dropped(MessageID), postponed(MessageID, attempts: Int)
    }

    init(_ rows: [PendingAnswer] = []) {
        (changes, report) = AsyncStream.makeStream()
        state.withLock { $0.rows = rows }
    }

    var rows: [PendingAnswer] { state.withLock { $0.rows } }
    var answered: [QuestionAnswered] { state.withLock { $0.answered } }

    func enqueue(_ pending: PendingAnswer, for envelope: EventEnvelope, _ context: MessageContext) async throws
    {
        state.withLock { state in
            if state.seen.insert(envelope.id).inserted { state.rows.append(pending) }
        }
    }

    func due(at now: Instant, except busy: Set<ConversationID>, limit: Int) async throws -> [PendingAnswer] {
        state.withLock { state in
            var heads: Set<ConversationID> = []
            return state.rows.filter { heads.insert($0.conversationID).inserted }
                .filter { $0.nextAttemptAt <= now && !busy.contains($0.conversationID) }.prefix(limit).map {
                    $0
                }
        }
    }

    func finish(_ pending: PendingAnswer, _ event: QuestionAnswered, _ context: MessageContext) async throws {
        state.withLock { state in
            guard let index = state.rows.firstIndex(where: { $0.messageID == pending.messageID }) else {
                return
            }
            state.rows.remove(at: index)
            state.answered.append(event)
        }
        report.yield(.finished(pending.messageID))
    }

    func drop(_ messageID: MessageID) async throws {
        state.withLock { $0.rows.removeAll { $0.messageID == messageID } }
        report.yield(.dropped(messageID))
    }

    func save(_ pending: PendingAnswer) async throws {
        state.withLock { state in
            let index = state.rows.firstIndex { $0.messageID == pending.messageID }!
            state.rows[index] = pending
        }
        report.yield(.postponed(pending.messageID, attempts: pending.attempts))
    }
}
