import ArgumentParser
import Bootstrap
import Contracts
import FoundationEssentials

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "See what happened, and have it delivered again.",
        subcommands: [Tail.self, Replay.self, Verify.self])

    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the newest events of a service.")

        @Argument(help: ArgumentHelp("Whose: user, chat, ai, analytics or notification.", valueName: "service"))
        var service: ServiceName

        @Option(help: ArgumentHelp("Begin after this position instead.", valueName: "position"))
        var after: Int64?

        @Option(help: ArgumentHelp("How many at a time, 1 to 100.", valueName: "count"))
        var limit = 20

        @Flag(help: "Go on with what happens from now on, until Ctrl-C.")
        var follow = false

        @Flag(help: "Also print what the events hold: messages and addresses.")
        var payload = false

        @OptionGroup var folder: DataFolder

        func validate() throws {
            guard (1...100).contains(limit) else { throw ValidationError("--limit takes 1 to 100.") }
        }

        func run() async throws {
            try await folder.withDesk { [self] desk in
                var events = try await desk.events(of: service, after: after, limit: limit)
                var position = after ?? 0
                while true {
                    for event in events { Terminal.say(line(event)) }
                    position = events.last?.position ?? position
                    guard follow else { return }
                    if events.count < limit { try await Task.sleep(for: .seconds(1)) }
                    events = try await desk.events(of: service, after: position, limit: limit)
                }
            }
        }

        private func line(_ event: RecordedEvent) -> String {
            let line =
                "\(event.position)  \(event.occurredAt)  \(event.name)  \(event.aggregateKind) \(event.aggregateID.uuidString.lowercased()) \(event.sequence)"
            return payload ? "\(line)  \(event.payload)" : line
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliver recorded events to a service again.",
            discussion: """
                Without --from: empties what the service has made of events and has every event of every service
                delivered again, while everything runs on; for services whose tables are nothing but that
                (analytics). With --from: delivers what that service recorded after a position, of which the
                subscriber takes what it hasn't had yet.
                """)

        @Option(help: ArgumentHelp("Who gets them.", valueName: "service"))
        var to: ServiceName

        @Option(help: ArgumentHelp("Only events of this service.", valueName: "service"))
        var from: ServiceName?

        @Option(help: ArgumentHelp("With --from: only events after this position.", valueName: "position"))
        var after: Int64 = 0

        @OptionGroup var folder: DataFolder

        func validate() throws {
            guard after >= 0 else { throw ValidationError("--after takes a position from 0.") }
            guard after == 0 || from != nil else {
                throw ValidationError("A position belongs to one service: name it with --from.")
            }
        }

        func run() async throws {
            try await folder.withDesk { [to, from, after] desk in
                if let from {
                    try await desk.replay(to: to, from: from, after: after)
                } else {
                    try await desk.replay(to: to)
                }
                Terminal.say(
                    "The events will be delivered to \(to) again; a running server begins within two seconds.")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that the audited events of a service are as they were recorded.",
            discussion: "The status is 1 when one was changed, or is missing.")

        @Argument(help: ArgumentHelp("Whose: user, chat, ai, analytics or notification.", valueName: "service"))
        var service: ServiceName

        @OptionGroup var folder: DataFolder

        func run() async throws {
            try await folder.withDesk { [service] desk in
                let report = try await desk.checkAuditTrail(of: service)
                guard let broken = report.firstBroken else {
                    return Terminal.say("\(report.checked) events, all as they were recorded.")
                }
                Terminal.say(
                    "Changed, or something is missing before it: position \(broken.position), \(broken.aggregateKind) \(broken.aggregateID.uuidString.lowercased()) \(broken.sequence)."
                )
                throw ExitCode.failure
            }
        }
    }
}
