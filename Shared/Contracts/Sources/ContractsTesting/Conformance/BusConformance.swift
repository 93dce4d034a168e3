import Contracts
import FoundationEssentials
import Testing

/// A transport under test: makes a bus with these services on it, hands it over, and takes it down.
public struct BusRig: Sendable, CustomTestStringConvertible {
    public typealias Body = @Sendable (any Bus) async throws -> Void

    public let testDescription: String
    private let run: @Sendable ([HandlerTable], @escaping Body) async throws -> Void

    public init(_ name: String, run: @escaping @Sendable ([HandlerTable], @escaping Body) async throws -> Void)
    {
        testDescription = name
        self.run = run
    }

    public func callAsFunction(_ tables: HandlerTable..., body: @escaping Body) async throws {
        try await run(tables) { bus in try await within { try await body(bus) } }
    }
}

/// What every transport of the ``Bus`` promises. No service can tell which one it stands on.
public enum BusConformance {
    public static let checks: [Check<BusRig>] = requests + deadlines + streams + endings + events
}

// MARK: - What is said

struct Echo: Query {
    static let name = "chat.echo.v1"
    typealias Response = String
    let text: String
}

/// A question that Chat passes on to AI.
struct PassedOn: Query {
    static let name = "ai.passed_on.v1"
    typealias Response = String
}

struct Unheard: Query {
    static let name = "chat.unheard.v1"
    typealias Response = String
}

struct Numbers: Contracts.Stream {
    static let name = "chat.numbers.v1"
    typealias Element = Numbered
}

struct Numbered: Codable, Sendable, Hashable {
    let number: Int
    /// Makes the element as large as a test needs it.
    var load = ""
}

struct UnheardStream: Contracts.Stream {
    static let name = "chat.unheard_stream.v1"
    typealias Element = Numbered
}

struct Blink: Signal {
    static let name = "chat.blink.v1"
    let number: Int
}

struct Happened: Event {
    static let name = "chat.happened.v1"
    let number: Int
}

/// What a handler throws by mistake. Its text must not reach a caller.
struct Mishap: Error, CustomStringConvertible {
    let description = "the password is hunter2"
}

/// What a consumer throws to stop.
struct EnoughHeard: Error {}

extension HandlerTable {
    static func echoing(
        _ answer: @escaping @Sendable (Echo, MessageContext) async throws -> String
    ) -> HandlerTable {
        var table = HandlerTable(service: .chat)
        table.handle(Echo.self, with: answer)
        return table
    }

    static func counting(
        _ produce:
            @escaping @Sendable (
                MessageContext, _ send: @escaping @Sendable (Numbered) async throws -> Void
            ) async throws -> Void
    ) -> HandlerTable {
        var table = HandlerTable(service: .chat)
        table.produce(Numbers.self) { _, context, send in try await produce(context, send) }
        return table
    }

    static func reacting(
        _ reaction: @escaping @Sendable (Happened, EventEnvelope, MessageContext) async throws -> Void
    ) -> HandlerTable {
        var table = HandlerTable(service: .analytics)
        table.react(to: Happened.self, with: reaction)
        return table
    }
}
