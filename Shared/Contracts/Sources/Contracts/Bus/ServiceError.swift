/// The one error on the bus. Everything that leaves a handler as something else becomes `.internal`.
public struct ServiceError: Error, Sendable, Hashable, Codable {
    /// What kind of failure; decides the HTTP status.
    public let kind: Kind
    /// Stable and part of the API: `chat.conversation_resolved`. Programs decide by it.
    public let code: String
    /// Prose for a person: what is wrong and what to do next. May change; never holds a secret.
    public let message: String
    /// The fields that were wrong, when some were.
    public let fields: [Field]
    /// When it makes sense to try again, in seconds.
    public let retryAfterSeconds: Int?

    public init(
        _ kind: Kind, code: String, _ message: String, fields: [Field] = [], retryAfterSeconds: Int? = nil
    ) {
        self.kind = kind
        self.code = code
        self.message = message
        self.fields = fields
        self.retryAfterSeconds = retryAfterSeconds
    }

    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Not readable at all: broken JSON, bad UTF-8. 400.
        case malformed
        /// Nobody knows who asks. 401.
        case unauthenticated
        /// Known, and not allowed. 403.
        case forbidden
        /// Not there, or not for this principal to know of. 404.
        case notFound
        /// At odds with the state of things. 409.
        case conflict
        /// Larger than the limit. 413.
        case tooLarge
        /// In a format that isn't spoken here. 415.
        case unsupportedMediaType
        /// Readable, but a value is wrong. 422.
        case invalid
        /// Only over a WebSocket. 426.
        case upgradeRequired
        /// Too often. 429.
        case rateLimited
        /// The caller went away. 499, which only logs see.
        case cancelled
        /// Our fault. 500.
        case `internal`
        /// Can't be reached or is overloaded; worth trying again. 503.
        case unavailable
        /// Took too long. 504.
        case deadlineExceeded
    }

    /// One wrong field.
    public struct Field: Sendable, Hashable, Codable {
        /// Where: `email`, `contact.name`, `articles[3].title`.
        public let field: String
        /// Stable: `required`, `wrong_type`, `too_long`, …
        public let code: String
        public let message: String

        public init(field: String, code: String, message: String) {
            self.field = field
            self.code = code
            self.message = message
        }
    }
}

extension ServiceError {
    /// One field with a wrong value.
    public static func invalid(field: String, code: String, _ message: String) -> ServiceError {
        ServiceError(
            .invalid, code: "invalid_request", message,
            fields: [Field(field: field, code: code, message: message)]
        )
    }

    /// What a caller learns of a failure that isn't theirs; the cause goes to the log.
    public static let `internal` = ServiceError(
        .internal, code: "internal_error",
        "Something went wrong on our side. Try again; if it persists, report the request ID."
    )

    public static let cancelled = ServiceError(.cancelled, code: "cancelled", "The caller went away.")

    /// The disk is full, or the database can't be reached.
    public static let databaseUnavailable = ServiceError(
        .unavailable, code: "database.unavailable",
        "The data can't be reached just now. Nothing was changed; try again in a moment.", retryAfterSeconds: 1
    )

    /// Two writers met and this one lost.
    public static let concurrentChange = ServiceError(
        .conflict, code: "concurrent_change",
        "Somebody changed the same thing at the same moment. Nothing was changed; read it again and repeat."
    )

    /// PostgreSQL can't keep a zero byte in text and SQLite's tools lose what follows it, so no database
    /// here takes one.
    public static let zeroByteInText = ServiceError(
        .invalid, code: "zero_byte_in_text",
        "Text can't hold the character U+0000. Remove it and send the rest."
    )

    /// Any error as the one that may leave a handler.
    public init(describing error: any Error) {
        switch error {
        case let error as ServiceError: self = error
        case is CancellationError: self = .cancelled
        case DatabaseError.unavailable: self = .databaseUnavailable
        case DatabaseError.uniqueViolation: self = .concurrentChange
        default: self = .internal
        }
    }

    /// Whether the same message may succeed later without anybody changing it.
    public var isTransient: Bool {
        switch kind {
        case .unavailable, .deadlineExceeded, .rateLimited, .cancelled, .internal, .conflict: true
        default: false
        }
    }
}

extension ServiceError {
    /// A message that no service handles.
    public static func unknownMessage(_ name: String) -> ServiceError {
        ServiceError(.notFound, code: "bus.unknown_message", "No service here handles \(name).")
    }
}
