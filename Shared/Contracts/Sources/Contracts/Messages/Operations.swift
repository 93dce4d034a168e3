// What every service that records events answers about its own log. All of it needs the permission
// `operate`: events hold what people wrote.

/// The event log of one service, as a type. A message's name says which service handles it, so what every
/// service answers needs a name for each: `DeadLetterList<ChatLog>` is `chat.dead_letter_list.v1`.
public protocol EventLog: Sendable {
    static var service: ServiceName { get }
}

public enum UserLog: EventLog { public static let service = ServiceName.user }
public enum ChatLog: EventLog { public static let service = ServiceName.chat }
public enum AILog: EventLog { public static let service = ServiceName.ai }
public enum AnalyticsLog: EventLog { public static let service = ServiceName.analytics }
public enum NotificationLog: EventLog { public static let service = ServiceName.notification }

extension ServiceName {
    /// `nil` for the gateway, which keeps nothing.
    public var eventLog: (any EventLog.Type)? {
        switch self {
        case .user: UserLog.self
        case .chat: ChatLog.self
        case .ai: AILog.self
        case .analytics: AnalyticsLog.self
        case .notification: NotificationLog.self
        case .gateway: nil
        }
    }
}

// MARK: - Looking

/// Whether the service's database answers; fails as any other question would when it doesn't. Open to all.
public struct DatabaseHealth<Log: EventLog>: Query {
    public static var name: String { "\(Log.service).database_health.v1" }
    public typealias Response = Done

    public init() {}
}

/// Events of this log that a subscriber could not take, by subscriber and then position.
public struct DeadLetterList<Log: EventLog>: Query {
    public static var name: String { "\(Log.service).dead_letter_list.v1" }
    public typealias Response = [DeadLetterSummary]

    /// `nil`: of all.
    public let subscriber: ServiceName?
    /// The last one of the page before.
    public let after: DeadLetterID?
    /// At most ``PageRequest/maximumLimit`` and one more.
    public let limit: Int

    public init(subscriber: ServiceName?, after: DeadLetterID?, limit: Int) {
        self.subscriber = subscriber
        self.after = after
        self.limit = limit
    }
}

/// One dead letter with its event and what was tried.
public struct DeadLetterDetails<Log: EventLog>: Query {
    public static var name: String { "\(Log.service).dead_letter_details.v1" }
    public typealias Response = DeadLetterView

    public let id: DeadLetterID

    public init(id: DeadLetterID) {
        self.id = id
    }
}

/// What a service has recorded, in the order of commit.
public struct RecordedEvents<Log: EventLog>: Query {
    public static var name: String { "\(Log.service).recorded_events.v1" }
    public typealias Response = [RecordedEvent]

    /// Only what came after this position; 0 for all, `nil` for the newest.
    public let after: Int64?
    /// 1 to ``PageRequest/maximumLimit``.
    public let limit: Int

    public init(after: Int64?, limit: Int) {
        self.after = after
        self.limit = limit
    }
}

/// Whether the audited streams are as they were recorded. Reads all of them.
public struct AuditTrailCheck<Log: EventLog>: Query {
    public static var name: String { "\(Log.service).audit_trail_check.v1" }
    public typealias Response = AuditTrailReport

    public init() {}
}

// MARK: - Delivering again

/// Delivers dead letters once more, the way events always go. What fails again comes back to the list.
public struct RedriveDeadLetters<Log: EventLog>: Command {
    public static var name: String { "\(Log.service).redrive_dead_letters.v1" }

    public let subscriber: ServiceName
    /// `nil`: all of the subscriber's.
    public let position: Int64?

    public init(subscriber: ServiceName, position: Int64?) {
        self.subscriber = subscriber
        self.position = position
    }

    public struct Response: Codable, Sendable, Hashable {
        public let redriven: Int

        public init(redriven: Int) {
            self.redriven = redriven
        }
    }
}

/// Takes a subscriber back to an earlier place in this log: it is delivered everything after it again, and
/// takes what it hasn't reacted to.
public struct RewindDelivery<Log: EventLog>: Command {
    public static var name: String { "\(Log.service).rewind_delivery.v1" }
    public typealias Response = Done

    public let subscriber: ServiceName
    /// 0 for the beginning.
    public let after: Int64

    public init(subscriber: ServiceName, after: Int64) {
        self.subscriber = subscriber
        self.after = after
    }
}

/// Empties what this service has made of others' events, and forgets that it has reacted to them.
///
/// Handled only by a service whose reactions do nothing but build such tables: everything else would
/// happen twice. Without ``RewindDelivery`` afterwards the tables stay empty; see ``OperatorDesk/replay(to:)``.
public struct RebuildProjection<Log: EventLog>: Command {
    public static var name: String { "\(Log.service).rebuild_projection.v1" }
    public typealias Response = Done

    public init() {}
}
