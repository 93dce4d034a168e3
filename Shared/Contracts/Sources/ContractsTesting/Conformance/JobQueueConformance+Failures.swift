import Contracts
import Testing

extension JobQueueConformance {
    static let failing: [Check<JobQueueRig>] = [
        Check("what fails is tried again later, then set aside with the reason, and can be redriven") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let (attempts, done) = (Record<Int>(), Record<Int>())
                let away = ServiceError(.unavailable, code: "mail.unavailable", "The mail server is away.")
                let table = JobTable.errands { doing in
                    guard doing.errand.number == 1 else { return done.append(doing.errand.number) }
                    attempts.append(doing.lease.attempt)
                    if attempts.items.count <= 3 { throw away }
                    done.append(1)
                }
                try await process.running(table) {
                    try await process.enqueue(Errand(number: 1), order: .init(key: "k"))
                    // Half of 100, then half of 150: bounded by the longest.
                    for (attempt, delay) in [(1, 50), (2, 75)] {
                        try await attempts.reaches(attempt)
                        try await process.enqueue(Errand(number: 10 + attempt))
                        try await done.reaches(attempt)
                        jobs.clock.advance(by: .seconds(delay - 1))
                        try await process.look()
                        try await process.look()
                        #expect(attempts.items.count == attempt)
                        jobs.clock.advance(by: .seconds(1))
                        try await process.look()
                    }
                    try await attempts.reaches(3)
                    try await process.enqueue(Errand(number: 13))
                    try await done.reaches(3)
                    let dead = try await process.queue.dead(after: 0, limit: 10)
                    #expect(
                        dead.map { [$0.name, $0.key, $0.code, $0.reason, "\($0.attempts)", $0.requestID] }
                            == [[Errand.name, "k", away.code, away.message, "3", "test-request"]])
                    let number = try #require(dead.first?.number)
                    let redriven = try await [process.queue.redrive(number), process.queue.redrive(number)]
                    #expect(redriven == [true, false])
                    try await done.reaches(4)
                }
                #expect(attempts.items == [1, 2, 3, 1])
                let left = try await jobs.jobCount()
                #expect(left == 0)
            }
        },

        Check("what can't pass by itself is set aside at once") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let attempts = Record<Int>()
                let wrong = ServiceError(.invalid, code: "mail.refused", "No such address.")
                let table = JobTable.errands { doing in
                    attempts.append(doing.errand.number)
                    if doing.errand.number == 1 { throw wrong }
                }
                try await process.running(table) {
                    try await process.enqueue(Errand(number: 1), Errand(number: 2))
                    try await attempts.reaches(2)
                }
                let dead = try await process.queue.dead(after: 0, limit: 10)
                #expect(dead.map(\.code) == ["mail.refused"])
                #expect(dead.map(\.attempts) == [1])
            }
        },

        Check("a job that fails while another of its key waits leaves it to that one") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let done = Record<Int>()
                let (begun, goesOn) = (Gate(), Gate())
                let table = JobTable.errands { doing in
                    if doing.errand.number == 1 {
                        begun.open()
                        try await goesOn.wait()
                        throw ServiceError.databaseUnavailable
                    }
                    done.append(doing.errand.number)
                }
                try await process.running(table) {
                    try await process.enqueue(Errand(number: 1), order: .init(key: "k"))
                    try await begun.wait()
                    try await process.enqueue(Errand(number: 2), order: .init(key: "k"))
                    goesOn.open()
                    try await done.reaches(1)
                }
                let left = try await jobs.jobCount()
                #expect(left == 0)
            }
        },
    ]
}
