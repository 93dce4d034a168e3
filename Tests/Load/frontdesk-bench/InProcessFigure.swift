import Contracts
import InProcessBus
import Logging

/// A command through the in-process bus against calling its handler: microseconds per call.
///
/// As in the gateway: with a deadline, which is watched over once, further out.
struct InProcessFigure {
    private static let calls = 200_000

    func measure() async throws -> Figure {
        let bus = InProcessBus(logger: Logger(label: "bench"))
        bus.attach(Measure.table)
        // As the bus knows it: a closure, not a function that the compiler could see through.
        let handler: @Sendable (Measure, MessageContext) async throws -> Measure.Response = Measure.handle
        let context = MessageContext.sample.withTimeout(.seconds(600))
        let rounds = try await Deadline.enforce(context.deadline) {
            try await Figure.rounds(
                9,
                ours: { try await time { _ = try await bus.send(Measure.sample, context) } },
                reference: { try await time { _ = try await handler(Measure.sample, context) } })
        }
        return Figure(
            name: "in-process bus: command over its handler", unit: "µs", rounds: rounds, target: 2,
            compare: "difference_us_max")
    }

    private func time(_ call: () async throws -> Void) async throws -> Double {
        let duration = try await ContinuousClock().measure {
            for _ in 0..<Self.calls { try await call() }
        }
        return duration / .microseconds(1) / Double(Self.calls)
    }
}
