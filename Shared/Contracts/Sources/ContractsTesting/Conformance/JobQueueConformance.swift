import Contracts
import FoundationEssentials
import Testing

/// What every ``JobQueue`` and its runner promise, whatever database is behind them.
public enum JobQueueConformance {
    public static let checks: [Check<JobQueueRig>] = waiting + failing + leases + recurring + draining
}

/// The job of these tests.
struct Errand: QueuedJob {
    static let name = "chat.errand.v1"
    static let retries = JobRetries(
        maximumAttempts: 3, firstDelay: .seconds(100), longestDelay: .seconds(150))
    var number = 1
    var words = ""
}

/// One that nobody here does.
struct StrangeErrand: QueuedJob {
    static let name = "chat.strange_errand.v1"
}

/// A job that is being done.
struct Doing: Sendable {
    let errand: Errand
    let lease: JobLease
    let context: MessageContext
}

extension JobTable {
    static func errands(_ handler: @escaping @Sendable (Doing) async throws -> Void) -> JobTable {
        var table = JobTable(service: .chat)
        table.handle(Errand.self) { try await handler(Doing(errand: $0, lease: $1, context: $2)) }
        return table
    }

    static func noting(_ done: Record<Int>) -> JobTable {
        errands { done.append($0.errand.number) }
    }
}

extension JobsUnderTest {
    func createEffects() async throws {
        try await database.transaction {
            try $0.executeScript("CREATE TABLE effects (number BIGINT NOT NULL, token BIGINT NOT NULL)")
        }
    }

    func effects() async throws -> [Int] {
        try await database.query("SELECT number FROM effects ORDER BY number").map { try $0.value("number") }
    }

    /// How many jobs there are in any state.
    func jobCount() async throws -> Int {
        try await database.query("SELECT COUNT(*) AS count FROM jobs")[0].value("count")
    }
}

extension JobProcess {
    /// Does the errand's effect, and ends it, as one.
    func commit(_ doing: Doing) async throws {
        try await database.transaction { [queue] transaction in
            try transaction.execute(
                "INSERT INTO effects (number, token) VALUES (\(doing.errand.number), \(doing.lease.token))")
            try queue.complete(doing.lease, in: transaction)
        }
    }
}

extension JobQueueConformance {
    static let waiting: [Check<JobQueueRig>] = [
        Check("a committed job is done once, as it was written") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let done = Record<Doing>()
                let words = "Zoë \u{0}\u{1F600} '\" \\u0000"
                try await process.running(.errands { done.append($0) }) {
                    try await process.enqueue(Errand(number: 7, words: words))
                    try await done.reaches(1)
                    // The next, so that a second time of the first would be seen.
                    try await process.enqueue(Errand(number: 8))
                    try await done.reaches(2)
                }
                #expect(done.items.map(\.errand.number) == [7, 8])
                #expect(done.items.first?.errand.words == words)
                #expect(done.items.first?.lease.attempt == 1)
                #expect(done.items.first?.context.requestID == "test-request")
                #expect(done.items.first?.context.principal == .service(.chat))
                let left = try await jobs.jobCount()
                #expect(left == 0)
            }
        },

        Check("a job of a transaction that fails never was") { rig in
            try await rig { jobs in
                let process = jobs.process()
                await #expect(throws: Mishap.self) {
                    try await process.database.transaction { transaction in
                        try process.queue.enqueue(Errand(), JobOrder(), .sample(), in: transaction)
                        throw Mishap()
                    }
                }
                let left = try await jobs.jobCount()
                #expect(left == 0)
            }
        },

        Check("a job that another process wrote is found by looking") { rig in
            try await rig { jobs in
                let (writer, process) = (jobs.process(), jobs.process())
                let done = Record<Int>()
                try await process.running(.noting(done)) {
                    try await process.enqueue(Errand(number: 1))
                    try await done.reaches(1)
                    try await writer.enqueue(Errand(number: 2))
                    try await process.look()
                    try await done.reaches(2)
                }
            }
        },

        Check("high before normal before low, and among equals the older first") { rig in
            try await rig { jobs in
                let process = jobs.process()
                try await process.enqueue(Errand(number: 5), Errand(number: 6), order: .init(priority: .low))
                try await process.enqueue(Errand(number: 3), Errand(number: 4))
                try await process.enqueue(Errand(number: 1), Errand(number: 2), order: .init(priority: .high))
                let done = Record<Int>()
                try await process.running(.noting(done)) { try await done.reaches(6) }
                #expect(done.items == [1, 2, 3, 4, 5, 6])
            }
        },

        Check("while one waits, another of the same key isn't written; while it runs, it is") { rig in
            try await rig { jobs in
                let process = jobs.process()
                @Sendable func enqueue(_ number: Int, key: String) async throws -> Bool {
                    try await process.database.transaction { transaction in
                        try process.queue.enqueue(
                            Errand(number: number), JobOrder(key: key), .sample(), in: transaction)
                    }
                }
                let first = try await [enqueue(1, key: "a"), enqueue(2, key: "a"), enqueue(3, key: "b")]
                #expect(first == [true, false, true])
                let (begun, done) = (Record<Int>(), Record<Int>())
                let goesOn = Gate()
                let table = JobTable.errands { doing in
                    begun.append(doing.errand.number)
                    try await goesOn.wait()
                    done.append(doing.errand.number)
                }
                try await process.running(table) {
                    try await begun.reaches(1)
                    let second = try await [enqueue(4, key: "a"), enqueue(5, key: "a")]
                    #expect(second == [true, false])
                    goesOn.open()
                    try await done.reaches(3)
                }
                #expect(Set(done.items) == [1, 3, 4])
            }
        },

        Check("a scheduled job is done when its time has come, and not before") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let now = jobs.clock.now()
                try await process.enqueue(Errand(number: 2), order: .init(runAt: now + .seconds(60)))
                try await process.enqueue(Errand(number: 1), order: .init(runAt: now + .seconds(-1)))
                let done = Record<Int>()
                try await process.running(.noting(done)) {
                    try await done.reaches(1)
                    jobs.clock.advance(by: .seconds(59))
                    try await process.look()
                    try await process.look()
                    #expect(done.items == [1])
                    jobs.clock.advance(by: .seconds(1))
                    try await process.look()
                    try await done.reaches(2)
                }
                #expect(done.items == [1, 2])
            }
        },

        Check("a clock set back an hour holds up nothing that was to be done at once") { rig in
            try await rig { jobs in
                let process = jobs.process()
                try await process.enqueue(Errand(number: 1))
                jobs.clock.advance(by: .seconds(-3600))
                let done = Record<Int>()
                try await process.running(.noting(done)) { try await done.reaches(1) }
            }
        },

        Check("what nobody here can do is left alone") { rig in
            try await rig { jobs in
                let process = jobs.process()
                try await process.enqueue(StrangeErrand(), order: .init(priority: .high))
                try await process.enqueue(Errand(number: 1))
                let done = Record<Int>()
                try await process.running(.noting(done)) { try await done.reaches(1) }
                let left = try await jobs.jobCount()
                #expect(left == 1)
            }
        },
    ]
}
