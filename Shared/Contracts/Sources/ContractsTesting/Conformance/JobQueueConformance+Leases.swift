import Contracts
import Testing

extension JobQueueConformance {
    static let leases: [Check<JobQueueRig>] = [
        Check("effects that are committed with the end of their job happen once") { rig in
            try await rig { jobs in
                let process = jobs.process()
                let second = Record<ServiceError>()
                let table = JobTable.errands { doing in
                    try await process.commit(doing)
                    do {
                        try await process.commit(doing)
                    } catch let error as ServiceError {
                        second.append(error)
                    }
                }
                try await process.running(table) {
                    try await process.enqueue(Errand(number: 1), Errand(number: 2))
                    try await second.reaches(2)
                }
                #expect(second.items == [.leaseLost, .leaseLost])
                let effects = try await jobs.effects()
                #expect(effects == [1, 2])
                let left = try await jobs.jobCount()
                #expect(left == 0)
            }
        },

        Check("a dead worker's job goes to another, and a zombie can't finish it") { rig in
            try await rig { jobs in
                let cutOff = LosableDatabase(jobs.database)
                let (zombie, heir) = (jobs.process(on: cutOff), jobs.process())
                let leases = Record<JobLease>()
                let (wakes, refused) = (Gate(), Record<ServiceError>())
                let zombieTable = JobTable.errands { doing in
                    leases.append(doing.lease)
                    // Its process is suspended: it neither beats nor notices.
                    try await wakes.wait()
                    do {
                        try await zombie.commit(doing)
                    } catch let error as ServiceError {
                        refused.append(error)
                    }
                }
                try await zombie.running(zombieTable) {
                    try await zombie.enqueue(Errand(number: 1))
                    try await leases.reaches(1)
                    let done = Record<Int>()
                    let heirTable = JobTable.errands { doing in
                        leases.append(doing.lease)
                        try await heir.commit(doing)
                        done.append(doing.errand.number)
                    }
                    try await heir.running(heirTable) {
                        // A lease is six heartbeats: until the fourth look in a row nobody is dead.
                        try await heir.heartbeats(4)
                        try await heir.look()
                        try await heir.look()
                        #expect(done.items.isEmpty)
                        try await heir.heartbeats(1)
                        try await done.reaches(1)
                    }
                    wakes.open()
                    try await refused.reaches(1)
                }
                #expect(refused.items == [.leaseLost])
                #expect(leases.items[1].token > leases.items[0].token)
                #expect(leases.items.map(\.attempt) == [1, 1])
                let effects = try await jobs.effects()
                #expect(effects == [1])
            }
        },

        Check("a zombie neither commits nor ends what another does by now") { rig in
            try await rig { jobs in
                let (zombie, heir) = (jobs.process(), jobs.process())
                let (begun, zombieEnds, heirBegun, heirEnds) = (Gate(), Gate(), Gate(), Gate())
                let refused = Record<ServiceError>()
                let zombieTable = JobTable.errands { doing in
                    begun.open()
                    try await zombieEnds.wait()
                    do {
                        try await zombie.commit(doing)
                    } catch let error as ServiceError {
                        refused.append(error)
                    }
                }
                let done = Record<Int>()
                let heirTable = JobTable.errands { doing in
                    heirBegun.open()
                    try await heirEnds.wait()
                    try await heir.commit(doing)
                    done.append(doing.errand.number)
                }
                try await zombie.running(zombieTable) {
                    try await zombie.enqueue(Errand(number: 1))
                    try await begun.wait()
                    try await heir.running(heirTable) {
                        try await heir.heartbeats(6)
                        try await heirBegun.wait()
                        zombieEnds.open()
                        try await refused.reaches(1)
                        // It reports, and learns that it is dead.
                        try await zombie.heartbeats(2)
                        let left = try await jobs.jobCount()
                        #expect(left == 1)
                        heirEnds.open()
                        try await done.reaches(1)
                    }
                }
                #expect(refused.items == [.leaseLost])
                let effects = try await jobs.effects()
                #expect(effects == [1])
                let left = try await jobs.jobCount()
                #expect(left == 0)
            }
        },

        Check("while its worker beats a job stays where it is, whatever the clock does") { rig in
            try await rig { jobs in
                let (holder, other) = (jobs.process(), jobs.process())
                let begun = Record<Int>()
                let ends = Gate()
                let table = JobTable.errands { doing in
                    begun.append(doing.errand.number)
                    try await ends.wait()
                    try await holder.commit(doing)
                }
                try await holder.running(table) {
                    try await holder.enqueue(Errand(number: 1))
                    try await begun.reaches(1)
                    try await other.running(.noting(begun)) {
                        for hours in [1, -2, 1, 24, -24] {
                            jobs.clock.advance(by: .seconds(3600 * hours))
                            for _ in 0..<6 {
                                try await holder.heartbeats(1)
                                try await other.heartbeats(1)
                                try await other.look()
                            }
                        }
                    }
                    ends.open()
                }
                #expect(begun.items == [1])
                let effects = try await jobs.effects()
                #expect(effects == [1])
            }
        },

        Check("a worker that is cut off stops by itself before another begins") { rig in
            try await rig { jobs in
                let database = LosableDatabase(jobs.database)
                let process = jobs.process(on: database)
                let (begun, cancelled, again) = (Gate(), Gate(), Record<Int>())
                let table = JobTable.errands { doing in
                    again.append(doing.lease.attempt)
                    guard again.items.count == 1 else { return }
                    begun.open()
                    try await cancelled.openWhenCancelled()
                }
                try await process.running(table) {
                    try await process.enqueue(Errand(number: 1))
                    try await begun.wait()
                    database.lose()
                    // Dead is who was silent for four.
                    try await process.heartbeats(3)
                    try await cancelled.wait()
                    database.regain()
                    // Whatever it waits for, before it tries again.
                    while again.items.count < 2 {
                        try Task.checkCancellation()
                        process.sleep.wakeAll()
                        await Task.yield()
                    }
                }
                // Neither a failure nor a death.
                #expect(again.items == [1, 1])
            }
        },

        Check("the only process takes over at once what an earlier run left behind") { rig in
            try await rig { jobs in
                let database = LosableDatabase(jobs.database)
                let (earlier, later) = (jobs.process(on: database), jobs.process(.init(isAlone: true)))
                let (begun, done) = (Gate(), Record<Int>())
                try await earlier.running(.errands { _ in try await begun.openWhenOver() }) {
                    try await earlier.enqueue(Errand(number: 1), Errand(number: 2))
                    try await begun.wait()
                    database.lose()
                    try await later.running(.noting(done)) { try await done.reaches(2) }
                    earlier.sleep.end()
                }
                #expect(done.items == [1, 2])
            }
        },

        Check("with workers that die anywhere no job is lost, and none takes effect twice") { rig in
            for seed in 1...3 as ClosedRange<UInt64> {
                try await rig { jobs in try await JobQueueChaos(jobs: jobs, seed: seed).run() }
            }
        },
    ]
}

extension Gate {
    /// Opens, and waits until its task is cancelled.
    fileprivate func openWhenOver() async throws {
        open()
        try await Gate().wait()
    }
}
