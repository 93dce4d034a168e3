import Contracts
import Synchronization

/// Who follows which conversation right now, in this process.
final class Followers: Sendable {
    private let state = Mutex(State())

    private struct State {
        var followers: [ConversationID: [Follower]] = [:]
        var count = 0
    }

    private static let maximumFollowers = 20_000

    /// - Throws: `.unavailable` when too many follow.
    func follow(_ id: ConversationID, contactID: AccountID) throws(ServiceError) -> Follower {
        let follower = Follower(contactID: contactID)
        let isFull = state.withLock { state in
            guard state.count < Self.maximumFollowers else { return true }
            state.count += 1
            state.followers[id, default: []].append(follower)
            return false
        }
        if isFull {
            throw ServiceError(
                .unavailable, code: "chat.too_many_followers",
                "Too many people follow conversations just now. Try again in a moment.", retryAfterSeconds: 5
            )
        }
        follower.ring()
        return follower
    }

    func leave(_ id: ConversationID, _ follower: Follower) {
        state.withLock { state in
            state.count -= 1
            state.followers[id]?.removeAll { $0 === follower }
            if state.followers[id]?.isEmpty == true { state.followers[id] = nil }
        }
    }

    /// Something was stored.
    func changed(_ id: ConversationID) {
        for follower in of(id) { follower.ring() }
    }

    /// Somebody writes, or stops. Only who belongs there is shown.
    func show(_ typing: Typing, by principal: Principal) {
        for follower in of(typing.conversationID) {
            let access = ConversationAccess(contactID: follower.contactID)
            guard (try? access.require(.replyToAllConversations, of: principal)) != nil else { continue }
            follower.show(.typing(author: access.author(for: principal), active: typing.active))
        }
    }

    /// The assistant's next words.
    func show(_ delta: AnswerDelta, by principal: Principal) {
        guard principal.role.permissions.contains(.speakAsAssistant) else { return }
        for follower in of(delta.conversationID) { follower.show(.answerDelta(text: delta.text)) }
    }

    private func of(_ id: ConversationID) -> [Follower] {
        state.withLock { $0.followers[id] ?? [] }
    }
}

/// One who follows a conversation: a bell, and the signals since it was last answered.
final class Follower: Sendable {
    let contactID: AccountID
    /// Rings that nobody has answered yet are one.
    let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let signals = Mutex<[ConversationFeed.Element]>([])

    private static let maximumSignals = 1024

    init(contactID: AccountID) {
        self.contactID = contactID
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() {
        bell.yield()
    }

    /// Past the bound signals are dropped: the message itself is stored and will come.
    func show(_ signal: ConversationFeed.Element) {
        signals.withLock { signals in
            if signals.count < Self.maximumSignals { signals.append(signal) }
        }
        ring()
    }

    func takeSignals() -> [ConversationFeed.Element] {
        signals.withLock { signals in
            defer { signals = [] }
            return signals
        }
    }
}
