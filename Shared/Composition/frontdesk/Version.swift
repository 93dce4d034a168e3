import ArgumentParser
import Bootstrap

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print which version this is.")

    static let current = FrontdeskProcess.version

    func run() {
        print("frontdesk \(Self.current)")
    }
}
