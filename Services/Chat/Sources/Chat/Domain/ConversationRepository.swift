import Contracts

/// Where conversations are kept.
protocol ConversationRepository: Sendable {
    /// Keeps a new conversation and its first events.
    /// - Parameters:
    ///   - key: Under which the contact may ask again; then the first one comes back, and what `make` makes is
    ///     only compared with it.
    /// - Throws: ``ServiceError/idempotencyKeyReused`` when it asks for something else; what `make` throws.
    func start(
        for contact: AccountID, once key: String?, _ context: MessageContext,
        _ make: @escaping @Sendable () throws -> Conversation
    ) async throws -> Conversation

    /// Loads a conversation, applies one verb and keeps the outcome with its events, all at once.
    /// - Parameters:
    ///   - key: Of what the verb posts. When something was posted under it before, `verb` is handed that.
    /// - Throws: ``ServiceError/conversationNotFound``, or what `verb` throws; then nothing has changed.
    func change<Result: Sendable>(
        _ id: ConversationID, recalling key: String?, _ context: MessageContext,
        _ verb: @escaping @Sendable (inout Conversation, _ earlier: MessageView?) throws -> Result
    ) async throws -> Result
}

/// What clients read, straight from where it is kept.
protocol ConversationReader: Sendable {
    /// - Throws: ``ServiceError/conversationNotFound``.
    func conversation(_ id: ConversationID) async throws -> ConversationView

    /// Most recently active first.
    /// - Parameter contact: `nil` for everybody's.
    func conversations(
        of contact: AccountID?, status: ConversationStatus?, _ page: PageRequest
    ) async throws -> Page<ConversationView>

    /// Oldest first.
    func messages(in id: ConversationID, _ page: PageRequest) async throws -> Page<MessageView>

    /// Oldest first, however many.
    func allMessages(in id: ConversationID, each: @escaping @Sendable (MessageView) async throws -> Void)
        async throws
}

extension ServiceError {
    static let idempotencyKeyReused = ServiceError(
        .invalid, code: "idempotency.key_reused",
        "This Idempotency-Key belongs to another request. Use a new key for each."
    )
}
