import ArgumentParser
import Bootstrap

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See and bring up to date how the data is laid out.",
        discussion: "A server does so by itself when it starts; this is for those who want to choose when.",
        subcommands: [Status.self, Up.self])

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List each part of the data with what was applied and what is missing.",
            discussion: """
                The status is 0 when all is up to date, 3 when something is missing, and 1 when the data is of a newer \
                or another version of the program.
                """)

        @OptionGroup var folder: DataFolder

        /// Told from a failure, so that scripts can decide.
        private static let pending = ExitCode(3)

        func run() async throws {
            try await Maintenance.forPeople {
                let parts = try await folder.maintenance().migrationStatus()
                for part in parts { Terminal.say(part.line) }
                if parts.contains(where: \.isForeign) { throw ExitCode.failure }
                if parts.contains(where: { !$0.missing.isEmpty }) { throw Self.pending }
            }
        }
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply what is missing.",
            discussion: """
                Stop the server before. On SQLite each service's database is copied to the folder snapshots among the \
                data first, and put back if a step fails; on PostgreSQL a step that fails changes nothing.
                """)

        @OptionGroup var folder: DataFolder

        func run() async throws {
            try await Maintenance.forPeople {
                let maintenance = try folder.maintenance()
                try await maintenance.migrate()
                for part in try await maintenance.migrationStatus() { Terminal.say(part.line) }
            }
        }
    }
}

extension MigrationStatus {
    fileprivate var line: String {
        let state =
            if isForeign {
                "of a newer or another version of the program"
            } else if missing.isEmpty {
                "up to date"
            } else {
                "missing: \(missing.joined(separator: ", "))"
            }
        return "\(service)  \(component)  \(applied) of \(known) applied  \(state)"
    }
}
