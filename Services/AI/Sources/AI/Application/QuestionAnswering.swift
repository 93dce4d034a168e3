import Contracts

/// Retrieves and answers: what the query, the stream and the conversations share.
struct QuestionAnswering: Sendable {
    static let maximumQuestionLength = 4000

    let index: any PassageIndex
    private let answerer = Answerer()

    init(index: any PassageIndex) {
        self.index = index
    }

    func answer(_ question: String) async throws -> AnswerView {
        if let reply = SmallTalk.reply(to: question) { return reply }
        let found = try await index.candidates(for: Question(question), limit: Answerer.candidateLimit)
        return answerer.answer(question, from: found)
    }

    /// - Throws: `.invalid` naming `question`.
    static func check(_ question: String) throws(ServiceError) {
        guard !question.trimmed.isEmpty else {
            throw .invalid(field: "question", code: "required", "Ask something.")
        }
        guard question.count <= maximumQuestionLength else {
            throw .invalid(field: "question", code: "too_long", "At most 4,000 characters.")
        }
    }

    /// The answer word by word, each with the white space before it: joined again they are the answer.
    static func deltas(of answer: String) -> [String] {
        var deltas: [String] = []
        var current = ""
        for character in answer {
            if character.isWhitespace, current.contains(where: { !$0.isWhitespace }) {
                deltas.append(current)
                current = ""
            }
            current.append(character)
        }
        return current.isEmpty ? deltas : deltas + [current]
    }
}
