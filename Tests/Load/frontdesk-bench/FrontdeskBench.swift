import FoundationEssentials

/// Measures what the bus costs, side by side with what it is compared to. `scripts/bench` runs this, adds
/// its own figures and prints the table.
///
/// Prints a line of JSON per figure: `{"name", "unit", "rounds": [{"ours", "reference"}], "target",
/// "compare"}`.
@main
struct FrontdeskBench {
    static func main() async throws {
        try await print(InProcessFigure().measure())
        try await print(HTTPFigure().measure())
    }

    private static func print(_ figure: Figure) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        Swift.print(String(decoding: try encoder.encode(figure), as: UTF8.self))
    }
}

/// One figure, as `scripts/bench` reads it.
struct Figure: Encodable {
    let name: String
    let unit: String
    let rounds: [Round]
    let target: Double
    /// `difference_us_max` or `ratio_min`.
    let compare: String

    struct Round: Encodable {
        let ours: Double
        let reference: Double
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
