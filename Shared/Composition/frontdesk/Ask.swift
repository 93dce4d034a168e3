import ArgumentParser
import Bootstrap
import Contracts
import FoundationEssentials

struct Ask: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the assistant a question.",
        discussion: """
            Asks the server when --server is given, else the data folder itself. The answer comes with the
            articles that it was taken from. The status is 3 when the articles don't say.
            """
    )

    @Argument(help: ArgumentHelp("The question, in quotes.", valueName: "question"))
    var question: String

    @Option(help: ArgumentHelp("Ask this running server, such as http://127.0.0.1:8080.", valueName: "address"))
    var server: String?

    @OptionGroup var folder: DataFolder

    /// Told from a failure, so that scripts can decide.
    private static let declined = ExitCode(3)

    func run() async throws {
        let answer: AnswerView
        do {
            if let server {
                answer = try await RemoteAssistant(server: server).answer(question) { show($0) }
            } else {
                answer = try await local()
            }
        } catch let error as ServiceError {
            throw ValidationError(error.message)
        }
        Terminal.say("")
        for (index, citation) in answer.citations.enumerated() {
            Terminal.say("\n[\(index + 1)] \(citation.title)\n    \(citation.url ?? citation.quote)")
        }
        if answer.abstained { throw Self.declined }
    }

    private func local() async throws -> AnswerView {
        let settings = try folder.settings()
        guard FileManager.default.fileExists(atPath: "\(settings.dataFolder)/ai.sqlite") else {
            throw ValidationError(
                "There is no knowledge base in \(settings.dataFolder). Import articles first, or name a server with --server."
            )
        }
        let knowledge = try await KnowledgeBase(settings: settings)
        let collector = AnswerCollector()
        try await knowledge.answer(question) { element in
            switch element {
            case .delta(let text): show(text)
            case .finished(let answer): collector.keep(answer)
            }
        }
        return try collector.answer()
    }

    private func show(_ words: String) {
        Terminal.say(words, terminator: "")
    }
}
