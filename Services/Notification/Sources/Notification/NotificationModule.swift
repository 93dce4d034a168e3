import Contracts

/// The Notification service: tells people outside what happened.
public struct NotificationModule: Sendable {
    private let orderTranscript: OrderTranscript
    private let sendTranscript: SendTranscript

    /// - Parameters:
    ///   - jobQueue: In the platform's database.
    ///   - siteName: What the business calls itself to its customers; stands in the mails.
    public init(platform: Platform, jobQueue: any JobQueue, mailer: any Mailer, siteName: String) {
        let deliveries = SQLDeliveries(
            database: platform.database, unitOfWork: platform.unitOfWork, jobQueue: jobQueue, now: platform.now)
        orderTranscript = OrderTranscript(deliveries: deliveries)
        sendTranscript = SendTranscript(
            bus: platform.bus, deliveries: deliveries, mailer: mailer, siteName: siteName,
            logger: platform.logger)
    }

    public func register(on table: inout HandlerTable) {
        table.react(to: ConversationEnded.self, with: orderTranscript.callAsFunction)
    }

    public func registerJobs(on table: inout JobTable) {
        table.handle(MailTranscript.self, with: sendTranscript.callAsFunction)
    }

    public static let migrations = [
        Migration(
            fileName: "0001_create_deliveries",
            sqlite: PackageResources._001_create_deliveries_sqlite_sql,
            postgres: PackageResources._001_create_deliveries_postgres_sql)
    ]

    /// None: what it does, it does because of an event, from the job queue.
    public var jobs: [Job] { [] }
}
