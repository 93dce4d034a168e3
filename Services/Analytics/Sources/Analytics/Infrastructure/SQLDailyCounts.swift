import Contracts

/// ``DailyCounts`` in the table `daily_counts`.
struct SQLDailyCounts: DailyCounts {
    let database: any Database
    let unitOfWork: any UnitOfWork

    func count(
        _ metrics: [Metric], on day: Day, for event: EventEnvelope, _ context: MessageContext
    ) async throws {
        try await unitOfWork.react(to: event, context) { transaction in
            for metric in metrics {
                try transaction.execute(
                    """
                    INSERT INTO daily_counts (day, metric, count) VALUES (\(day), \(metric), 1)
                    ON CONFLICT (day, metric) DO UPDATE SET count = daily_counts.count + 1
                    """)
            }
        }
    }

    func startOver(_ context: MessageContext) async throws {
        try await unitOfWork.startOver(context) { transaction in
            try transaction.execute("DELETE FROM daily_counts")
        }
    }

    func totals() async throws -> [Metric: Int] {
        // Cast, since PostgreSQL's sum of integers is of another type.
        let rows = try await database.query(
            "SELECT metric, CAST(SUM(count) AS BIGINT) AS total FROM daily_counts GROUP BY metric")
        return try rows.reduce(into: [:]) { totals, row in
            // A metric that this version doesn't know yet, or no longer, is nobody's mistake.
            guard let metric = Metric(rawValue: try row.value("metric")) else { return }
            totals[metric] = try row.value("total")
        }
    }
}

extension Day: SQLConvertible {}
extension Metric: SQLConvertible {}
