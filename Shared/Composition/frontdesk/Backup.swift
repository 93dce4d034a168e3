import ArgumentParser
import Bootstrap

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write all data to one file, beside a running server or without one.",
        discussion: """
            On SQLite the file holds every service's database as of one moment, and is there only when it is complete. Keep
            it on another machine: it holds the accounts and conversations of people, so nobody else should read
            it. Check it with `frontdesk verify FILE`. On
            PostgreSQL it is written by pg_dump, which must be installed.
            """
    )

    @Argument(help: ArgumentHelp("Where to write it, such as frontdesk.tar.", valueName: "file"))
    var file: String

    @Flag(help: "Replace the file if it is there already.")
    var force = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        try await Maintenance.forPeople {
            Terminal.say(try await folder.maintenance().backUp(to: file, replacing: force))
        }
    }
}

extension DataFolder {
    func maintenance() throws -> Maintenance {
        Maintenance(settings: try settings(), version: Version.current)
    }
}

extension Maintenance {
    /// Ends the program with status 1 and the error's own words, not with a usage: the command line was right.
    static func forPeople(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let exit as ExitCode {
            throw exit
        } catch let wrong as ValidationError {
            throw wrong
        } catch {
            Terminal.note("\(error)")
            throw ExitCode.failure
        }
    }
}
