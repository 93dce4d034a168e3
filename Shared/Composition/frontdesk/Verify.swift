import ArgumentParser
import Bootstrap

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that a backup can be restored and is as it was made.",
        discussion: """
            Restores it to a temporary folder (TMPDIR chooses where; it takes as much room as the data) and looks at
            everything. The status is 1 when something is wrong.
            """
    )

    @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
    var file: String

    @OptionGroup var folder: DataFolder

    func run() async throws {
        try await Maintenance.forPeople {
            let report = try await folder.maintenance().verify(file)
            for line in report.checks { Terminal.say("checked  \(line)") }
            for line in report.problems { Terminal.say("WRONG    \(line)") }
            guard report.problems.isEmpty else { throw ExitCode.failure }
            Terminal.say("The backup is good.")
        }
    }
}
