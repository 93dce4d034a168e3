import Testing

@testable import Jobs

@Suite struct LeaseWatchTests {
    private var watch = LeaseWatch()

    @Test mutating func workerWhoseHeartStandsStillIsDeadAfterEnoughLooks() {
        let still = WorkerSighting(worker: 1, heartbeat: 7)
        for _ in 0..<4 { #expect(watch.look(at: [still], silentLooks: 4) == []) }
        #expect(watch.look(at: [still], silentLooks: 4) == [still])
    }

    @Test mutating func everyHeartbeatBeginsTheCountAnew() {
        for heartbeat in 0..<20 {
            for _ in 0..<4 {
                let sighting = WorkerSighting(worker: 1, heartbeat: Int64(heartbeat))
                #expect(watch.look(at: [sighting], silentLooks: 4) == [])
            }
        }
    }

    @Test mutating func workersAreCountedApart() {
        let dead = WorkerSighting(worker: 1, heartbeat: 7)
        for look in 0..<4 {
            #expect(
                watch.look(at: [dead, WorkerSighting(worker: 2, heartbeat: Int64(look))], silentLooks: 4) == [])
        }
        #expect(watch.look(at: [dead, WorkerSighting(worker: 2, heartbeat: 4)], silentLooks: 4) == [dead])
    }
}
