import ArgumentParser
import Bootstrap
import Contracts
import FoundationEssentials

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "See and redeliver events that could not be delivered.",
        discussion: """
            An event that a service can't take is set aside with the reason, and the others flow on. When the
            cause is mended, have it delivered again.
            """,
        subcommands: [List.self, Show.self, Redrive.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List them.")

        @Option(help: ArgumentHelp("Only events of this service.", valueName: "service"))
        var service: ServiceName?

        @Option(help: ArgumentHelp("Only what this service could not take.", valueName: "service"))
        var subscriber: ServiceName?

        @OptionGroup var folder: DataFolder

        func run() async throws {
            try await folder.withDesk { [service, subscriber] desk in
                var (cursor, count) = (String?.none, 0)
                repeat {
                    let page = try await desk.deadLetters(
                        of: service, for: subscriber,
                        PageRequest(limit: PageRequest.maximumLimit, cursor: cursor))
                    for letter in page.data { Terminal.say(letter.line) }
                    count += page.data.count
                    cursor = page.nextCursor
                } while cursor != nil
                Terminal.note("\(count) dead letter\(count == 1 ? "" : "s").")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one with its event and all that was tried.")

        @Argument(help: ArgumentHelp("As in the list, such as chat.notification.42.", valueName: "id"))
        var id: DeadLetterID

        @OptionGroup var folder: DataFolder

        func run() async throws {
            try await folder.withDesk { [id] desk in
                let letter = try await desk.deadLetter(id)
                Terminal.say(letter.summary.line)
                Terminal.say("Recorded: \(letter.event.occurredAt), request \(letter.event.requestID)")
                Terminal.say("Payload:  \(letter.event.payload)")
                Terminal.say("Attempts: \(letter.summary.attempts)")
                for attempt in letter.attempts {
                    Terminal.say("  \(attempt.at)  \(attempt.code)  \(attempt.message)")
                }
            }
        }
    }

    struct Redrive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliver one, or all of a subscriber, again.",
            discussion: """
                A running server delivers within two seconds. What fails again comes back to the list, with its
                attempts.
                """)

        @Argument(help: ArgumentHelp("As in the list, such as chat.notification.42.", valueName: "id"))
        var id: DeadLetterID?

        @Option(help: ArgumentHelp("Instead: all that this service could not take.", valueName: "service"))
        var allOf: ServiceName?

        @OptionGroup var folder: DataFolder

        func validate() throws {
            guard (id == nil) != (allOf == nil) else {
                throw ValidationError("Name one dead letter, or a subscriber with --all-of.")
            }
        }

        func run() async throws {
            try await folder.withDesk { [id, allOf] desk in
                if let id {
                    try await desk.redrive(id)
                    Terminal.say("\(id) will be delivered again.")
                } else if let allOf {
                    let count = try await desk.redriveAll(for: allOf)
                    Terminal.say("\(count) event\(count == 1 ? "" : "s") will be delivered again.")
                }
            }
        }
    }
}

extension DeadLetterSummary {
    fileprivate var line: String {
        "\(id)  \(diedAt)  \(event)  \(aggregateKind) \(aggregateID.uuidString.lowercased())  \(code): \(reason)"
    }
}

extension DataFolder {
    /// - Throws: What a person can read.
    func withDesk(_ body: @Sendable (OperatorDesk) async throws -> Void) async throws {
        do {
            try await OperatorConsole.withDesk(settings(), body)
        } catch let error as ServiceError {
            throw ValidationError(error.message)
        }
    }
}

// Why retroactive: only this command line reads it from an argument.
extension DeadLetterID: @retroactive ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
