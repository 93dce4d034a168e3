import Contracts

/// Tells which workers have fallen silent.
///
/// A lease has no time of expiry: two machines' clocks differ and any clock can be set, so an hour's jump would
/// end them all. Each worker counts its heartbeats instead, and the others look whether the count has
/// changed: one that stood still over enough looks, each an interval of the observer's own monotonic
/// clock after the last, is dead. An observer that was itself suspended has looked no oftener for it.
/// Source: Kubernetes' leader election (client-go, tools/leaderelection), which likewise takes from the record
/// only that it has changed, and the time from its own clock; tolerant of any skew, not of clocks that run at
/// different rates.
struct LeaseWatch {
    private var seen: [Int64: (heartbeat: Int64, looks: Int)] = [:]

    /// - Parameter sightings: All workers but the observer.
    /// - Returns: Those that have been silent for `looks` looks in a row.
    mutating func look(at sightings: [WorkerSighting], silentLooks: Int) -> [WorkerSighting] {
        var next: [Int64: (heartbeat: Int64, looks: Int)] = [:]
        var silent: [WorkerSighting] = []
        for sighting in sightings {
            let before = seen[sighting.worker]
            let looks = before?.heartbeat == sighting.heartbeat ? (before?.looks ?? 0) + 1 : 0
            next[sighting.worker] = (sighting.heartbeat, looks)
            if looks >= silentLooks { silent.append(sighting) }
        }
        seen = next
        return silent
    }
}
