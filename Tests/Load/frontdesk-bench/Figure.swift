/// One figure, as `scripts/bench` reads it.
struct Figure: Encodable {
    let name: String
    let unit: String
    let rounds: [Round]
    let target: Double
    /// `max`, `difference_us_max` or `ratio_min`.
    let compare: String
    /// A fact that belongs beside it and isn't judged.
    var note = ""

    struct Round: Encodable {
        let ours: Double
        /// `nil` where there is nothing to compare with.
        let reference: Double?
    }

    /// Measures both sides in turn, and in the other order in every second round.
    static func rounds(
        _ count: Int, ours: () async throws -> Double, reference: () async throws -> Double
    ) async throws -> [Round] {
        var rounds: [Round] = []
        for index in 0..<count {
            if index.isMultiple(of: 2) {
                let ours = try await ours()
                rounds.append(Round(ours: ours, reference: try await reference()))
            } else {
                let reference = try await reference()
                rounds.append(Round(ours: try await ours(), reference: reference))
            }
        }
        return rounds
    }
}

/// How often `call` ends in a second when that many callers call it again and again.
/// - Parameter call: Gets the number of its caller.
func callsPerSecond(
    callers: Int, for duration: Duration, _ call: @escaping @Sendable (Int) async throws -> Void
) async throws -> Double {
    let start = ContinuousClock.now
    let end = start + duration
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for caller in 0..<callers {
            group.addTask {
                var count = 0
                while ContinuousClock.now < end {
                    try await call(caller)
                    count += 1
                }
                return count
            }
        }
        return try await group.reduce(0, +)
    }
    return Double(total) / ((ContinuousClock.now - start) / .seconds(1))
}
