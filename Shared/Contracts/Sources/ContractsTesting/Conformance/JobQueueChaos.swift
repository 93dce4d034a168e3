import Contracts
import Synchronization
import Testing

/// Many processes that die at random points, are slow to notice that they were declared dead, and have a clock
/// that jumps: what happens to the jobs follows from a seed, as far as the scheduler lets it.
struct JobQueueChaos: Sendable {
    let jobs: JobsUnderTest
    let seed: UInt64

    private static let jobCount = 120
    private static let processCount = 3

    func run() async throws {
        let dice = Dice(seed: seed)
        let numbers = Array(1...Self.jobCount)
        let writer = jobs.process()
        for number in numbers { try await writer.enqueue(Chore(number: number)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.processCount { group.addTask { try await live(dice) } }
            defer { group.cancelAll() }
            while try await jobs.jobCount() > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
        let effects = try await jobs.effects()
        #expect(effects == numbers.filter { !$0.isMultiple(of: 3) }, "seed \(seed)")
        let tokens = try await jobs.database.query("SELECT token FROM effects WHERE token < 1")
        #expect(tokens.isEmpty)
    }

    /// One process after another, each until it dies.
    private func live(_ dice: Dice) async throws {
        while !Task.isCancelled {
            let database = LosableDatabase(jobs.database) {
                switch dice.roll(40) {
                case 0: .lost
                case 1: .answerLost
                default: .runs
                }
            }
            let process = jobs.process(on: database, .init(concurrency: 4))
            var table = JobTable(service: .chat)
            table.handle(Chore.self) { job, lease, context in
                if dice.roll(10) == 0 { throw ServiceError.databaseUnavailable }
                // Every third has no effect here: it ends by returning.
                guard !job.number.isMultiple(of: 3) else { return }
                let doing = Doing(errand: Errand(number: job.number), lease: lease, context: context)
                try await process.commit(doing)
            }
            try await process.running(table) {
                while !database.isLost {
                    try Task.checkCancellation()
                    let jump = [0, 1, 5, 60, 3600, -1800][dice.roll(6)]
                    jobs.clock.advance(by: .seconds(jump))
                    for _ in 0..<(1 + dice.roll(50)) { await Task.yield() }
                    process.sleep.wakeAll()
                }
                // Its drain finds the database lost too, so it ends as if killed.
            }
        }
    }

    /// Fails and dies as often as it takes.
    private struct Chore: QueuedJob {
        static let name = "chat.chaos.v1"
        static let retries = JobRetries(
            maximumAttempts: 1000, firstDelay: .seconds(1), longestDelay: .seconds(10))
        let number: Int
    }
}

/// Numbers from a seed.
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014 (SplitMix64).
private final class Dice: Sendable {
    private let state: Mutex<UInt64>

    init(seed: UInt64) {
        state = Mutex(seed)
    }

    /// From 0 up to `sides`.
    func roll(_ sides: Int) -> Int {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return Int((mixed ^ mixed >> 31) % UInt64(sides))
        }
    }
}
