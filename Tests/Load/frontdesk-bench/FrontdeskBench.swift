import FoundationEssentials

/// Measures side by side with what each figure is compared to. `scripts/bench` runs this, adds its own
/// figures and prints the table.
///
///     frontdesk-bench bus                    lines of JSON, a ``Figure`` each
///     frontdesk-bench sqlite-writes FOLDER
///     frontdesk-bench append-events
///     frontdesk-bench replay-events
///     frontdesk-bench point-reads            one line of JSON: one round of our side, as names and numbers
///     frontdesk-bench jobs COUNT
///
/// What needs PostgreSQL takes its address from `FRONTDESK_BENCH_POSTGRES_URL`: a superuser's, on a server
/// that is thrown away.
@main
struct FrontdeskBench {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().first) {
        case ("bus", nil):
            try await print(InProcessFigure().measure())
            try await print(HTTPFigure().measure())
        case ("sqlite-writes", let folder?):
            try await print(SQLiteWritesFigure(folder: folder).measure())
        case ("append-events", nil):
            try await print(AppendFigure(url: try postgresURL, writers: 1).measure())
            try await print(AppendFigure(url: try postgresURL, writers: 8).measure())
        case ("replay-events", nil):
            for figure in try await ReplayFigure(url: try postgresURL).measure() { try print(figure) }
        case ("point-reads", nil):
            try await print(PointReads(url: try postgresURL).measure())
        case ("jobs", let count?):
            guard let count = Int(count), count > 0 else { throw Mistake.arguments }
            try await print(JobsMeasurement(url: try postgresURL, jobs: count).measure())
        default: throw Mistake.arguments
        }
    }

    private static var postgresURL: String {
        get throws {
            guard let url = ProcessInfo.processInfo.environment["FRONTDESK_BENCH_POSTGRES_URL"] else {
                throw Mistake.noPostgreSQL
            }
            return url
        }
    }

    private static func print(_ found: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        Swift.print(String(decoding: try encoder.encode(found), as: UTF8.self))
    }
}

private enum Mistake: Error, CustomStringConvertible {
    case arguments, noPostgreSQL

    var description: String {
        switch self {
        case .arguments: "frontdesk-bench takes the name of a figure; scripts/bench knows them."
        case .noPostgreSQL: "FRONTDESK_BENCH_POSTGRES_URL has to name a server."
        }
    }
}
