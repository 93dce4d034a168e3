import ArgumentParser
import Bootstrap

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a backup back into an empty data folder.",
        discussion: """
            The backup is checked first, as by `frontdesk verify FILE`. Nothing that is there is replaced: name a
            folder that is empty or doesn't exist yet with --data. On PostgreSQL, pg_restore brings it back into an
            empty database.
            """
    )

    @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
    var file: String

    @OptionGroup var folder: DataFolder

    func run() async throws {
        try await Maintenance.forPeople {
            Terminal.say(try await folder.maintenance().restore(file))
            Terminal.say("Start it with `frontdesk serve`.")
        }
    }
}
