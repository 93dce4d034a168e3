import ArgumentParser

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print which version this is.")

    /// Semantic versioning 2.0.0; raised with each release.
    static let current = "0.1.0"

    func run() {
        print("frontdesk \(Self.current)")
    }
}
