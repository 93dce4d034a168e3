import Contracts

/// The Notification service: tells people outside what happened.
public struct NotificationModule: Sendable {
    private let sendTranscript: SendTranscript

    /// - Parameter siteName: What the business calls itself to its customers; stands in the mails.
    public init(platform: Platform, mailer: any Mailer, siteName: String) {
        sendTranscript = SendTranscript(
            bus: platform.bus, deliveries: SQLDeliveries(unitOfWork: platform.unitOfWork, now: platform.now),
            mailer: mailer, siteName: siteName, logger: platform.logger
        )
    }

    public func register(on table: inout HandlerTable) {
        table.react(to: ConversationEnded.self, with: sendTranscript.callAsFunction)
    }

    public static let migrations = [
        Migration(
            fileName: "0001_create_deliveries", script: PackageResources._001_create_deliveries_sqlite_sql)
    ]

    /// None: it acts when an event is delivered, and a failed delivery comes again.
    public var jobs: [Job] { [] }
}
