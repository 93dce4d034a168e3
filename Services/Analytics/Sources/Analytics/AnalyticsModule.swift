import Contracts

/// The Analytics service: what happened, counted from the events of the others.
public struct AnalyticsModule: Sendable {
    private let counts: any DailyCounts

    public init(platform: Platform) {
        counts = SQLDailyCounts(database: platform.database, unitOfWork: platform.unitOfWork)
    }

    public func register(on table: inout HandlerTable) {
        let count = CountEvent(counts: counts)
        table.react(to: ConversationStarted.self) { try await count($0, $1, $2) }
        table.react(to: MessagePosted.self) { try await count($0, $1, $2) }
        table.react(to: ConversationEnded.self) { try await count($0, $1, $2) }
        table.react(to: QuestionAnswered.self) { try await count($0, $1, $2) }

        table.handle(AnalyticsOverview.self, with: ShowOverview(counts: counts).callAsFunction)
        table.handle(RebuildProjection<AnalyticsLog>.self, with: RebuildCounts(counts: counts).callAsFunction)
    }

    public static let migrations = [
        Migration(
            fileName: "0001_create_daily_counts",
            sqlite: PackageResources._001_create_daily_counts_sqlite_sql,
            postgres: PackageResources._001_create_daily_counts_postgres_sql)
    ]

    /// None: it counts what is delivered to it.
    public var jobs: [Job] { [] }
}
