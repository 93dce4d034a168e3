import Contracts
import Testing

/// One promise of a port, checked against any adapter of it. A port's conformance suite is a list of these:
///
///     @Test(arguments: BusRig.all, BusConformance.checks)
///     func conforms(rig: BusRig, check: Check<BusRig>) async throws { try await check(rig) }
public struct Check<Rig: Sendable>: Sendable, CustomTestStringConvertible {
    /// The promise, as a sentence.
    public let testDescription: String
    private let body: @Sendable (Rig) async throws -> Void

    public init(_ promise: String, _ body: @escaping @Sendable (Rig) async throws -> Void) {
        testDescription = promise
        self.body = body
    }

    public func callAsFunction(_ rig: Rig) async throws {
        try await body(rig)
    }
}

/// Runs `operation`, which ends by itself if all is well: what hangs fails instead.
public func within<Result: Sendable>(
    _ limit: Duration = .seconds(20), _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await Deadline.enforce(Deadline(in: limit), operation)
}

/// What `operation` fails with, as the bus would tell it; records an issue when it succeeds.
public func failure<Result>(
    sourceLocation: SourceLocation = #_sourceLocation, of operation: () async throws -> Result
) async -> ServiceError? {
    do {
        let result = try await operation()
        Issue.record("Expected a failure, got \(result)", sourceLocation: sourceLocation)
        return nil
    } catch {
        return ServiceError(describing: error)
    }
}

/// Checks that `operation` fails just so.
public func expect<Result>(
    _ expected: ServiceError, sourceLocation: SourceLocation = #_sourceLocation,
    from operation: () async throws -> Result
) async {
    let failure = await failure(sourceLocation: sourceLocation, of: operation)
    #expect(failure == expected, sourceLocation: sourceLocation)
}
