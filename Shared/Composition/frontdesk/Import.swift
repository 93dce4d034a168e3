import ArgumentParser
import Bootstrap
import Contracts
import FoundationEssentials

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring your own content in.", subcommands: [Articles.self])

    struct Articles: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import help articles from a JSON Lines file.",
            discussion: """
                One article a line: {"id": "returns", "title": "Returns", "content": "Markdown …"}, if you like
                with "url" (where customers read it) and "format" ("markdown" or "text"). Importing again
                updates the articles with the same id. A running server on the same folder answers from
                them at once.
                """
        )

        @Argument(help: ArgumentHelp("The file; - for standard input.", valueName: "file"))
        var file: String

        @OptionGroup var folder: DataFolder

        func run() async throws {
            let articles = try ArticleFile.read(file)
            guard !articles.isEmpty else { throw ValidationError("\(file) holds no articles.") }
            let knowledge = try await KnowledgeBase(settings: folder.settings())
            do {
                let done = try await knowledge.importArticles(articles) { count in
                    Terminal.note("Imported \(count) of \(articles.count)")
                }
                Terminal.say("\(done.created) new, \(done.updated) updated, \(done.unchanged) unchanged.")
            } catch let error as ServiceError {
                throw ValidationError(error.message)
            }
        }
    }
}

/// Reads articles, one a line.
enum ArticleFile {
    static func read(_ path: String) throws -> [ArticleDraft] {
        let data: Data
        do {
            data = path == "-" ? Terminal.readAll() : try Data(contentsOf: URL(filePath: path))
        } catch {
            throw ValidationError("\(path) can't be read. Check its name, and whether you may read it.")
        }
        return try data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .filter { !$0.element.isEmpty }
            .map { index, line in
                do {
                    return try JSONDecoder().decode(Line.self, from: line).draft
                } catch {
                    throw ValidationError(
                        "\(path), line \(index + 1): not an article. Expected {\"id\": …, \"title\": …, \"content\": …}."
                    )
                }
            }
    }

    private struct Line: Decodable {
        let id: String?
        let key: String?
        let title: String
        let content: String
        let format: ArticleFormat?
        let url: String?

        var draft: ArticleDraft {
            ArticleDraft(key: key ?? id, title: title, content: content, format: format ?? .markdown, url: url)
        }
    }
}
