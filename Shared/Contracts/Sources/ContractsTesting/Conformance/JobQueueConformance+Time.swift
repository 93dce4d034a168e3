import Contracts
import Testing

extension JobQueueConformance {
    static let recurring: [Check<JobQueueRig>] = [
        Check("an occurrence is done once, however many processes there are") { rig in
            try await rig { jobs in
                let (first, second) = (jobs.process(), jobs.process())
                let done = Record<Int>()
                var table = JobTable.noting(done)
                table.recur(.every(.seconds(600)), Errand(number: 1))
                try await first.running(table) { [table] in
                    try await second.running(table) {
                        // Whoever does this has noted by then when the other recurs.
                        try await first.enqueue(Errand(number: 0))
                        try await done.reaches(1)
                        for occurrence in 1...5 {
                            jobs.clock.advance(by: .seconds(599))
                            for process in [first, second, first, second] { try await process.look() }
                            #expect(done.items.count == occurrence)
                            jobs.clock.advance(by: .seconds(1))
                            for process in [first, second, first, second] { try await process.look() }
                            try await done.reaches(occurrence + 1)
                        }
                        // A day in which nobody looked counts once, and so does a clock set back by it.
                        for (jump, count) in [(86400, 7), (-86400, 8)] {
                            jobs.clock.advance(by: .seconds(jump))
                            for process in [first, second, first, second] { try await process.look() }
                            try await done.reaches(count)
                        }
                        for process in [first, second, first, second] { try await process.look() }
                    }
                }
                #expect(done.items == [0, 1, 1, 1, 1, 1, 1, 1])
            }
        }
    ]

    static let draining: [Check<JobQueueRig>] = [
        Check("at the end what runs may finish, and what waits is given back") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let begun = Record<Int>()
                let ends = Gate()
                try await process.enqueue(Errand(number: 1), Errand(number: 2), Errand(number: 3))
                let running = Task {
                    await process.run(
                        .errands { doing in
                            begun.append(doing.errand.number)
                            try await ends.wait()
                            try await process.commit(doing)
                        })
                }
                try await begun.reaches(1)
                running.cancel()
                // Another process gets the rest while the first still runs.
                let (other, done) = (jobs.process(), Record<Int>())
                try await other.running(.noting(done)) {
                    while done.items.count < 2 { try await other.look() }
                }
                ends.open()
                await running.value
                #expect(done.items == [2, 3])
                #expect(begun.items == [1])
                let effects = try await jobs.effects()
                #expect(effects == [1])
                let left = try await jobs.jobCount()
                #expect(left == 0)
            }
        },

        Check("who doesn't finish in time is cut off, and the job begins again elsewhere at once") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let (begun, cancelled, ends) = (Gate(), Gate(), Gate())
                let refused = Record<ServiceError>()
                try await process.enqueue(Errand(number: 1))
                let running = Task {
                    await process.run(
                        .errands { doing in
                            begun.open()
                            try? await cancelled.openWhenCancelled()
                            // Deaf to its cancellation. In a task of its own, for a cancelled one writes nothing.
                            await Task {
                                do {
                                    try await ends.wait()
                                    try await process.commit(doing)
                                } catch let error as ServiceError {
                                    refused.append(error)
                                } catch {}
                            }.value
                        })
                }
                try await begun.wait()
                running.cancel()
                try await process.sleep.pass(.seconds(10))
                try await cancelled.wait()
                await running.value
                let (other, attempts) = (jobs.process(), Record<Int>())
                try await other.running(.errands { attempts.append($0.lease.attempt) }) {
                    try await attempts.reaches(1)
                }
                #expect(attempts.items == [1])
                ends.open()
                try await refused.reaches(1)
                #expect(refused.items == [.leaseLost])
            }
        },
    ]
}
