import ArgumentParser

/// The command line.
@main
struct Frontdesk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "An AI customer-service assistant that you run yourself.",
        discussion: """
            Start it with `frontdesk serve`, give it your help articles with `frontdesk import articles FILE`,
            and open the address that it prints. Ask from here with `frontdesk ask "How do I …?"`.
            """,
        subcommands: [
            Serve.self, Import.self, Ask.self, Events.self, DeadLetters.self, Backup.self, Restore.self,
            Verify.self,
            Migrate.self, Version.self,
        ]
    )
}
