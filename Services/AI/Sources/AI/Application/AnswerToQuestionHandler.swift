import Contracts

struct AnswerToQuestionHandler: Sendable {
    let answering: QuestionAnswering

    func callAsFunction(_ query: AnswerToQuestion, _ context: MessageContext) async throws -> AnswerView {
        try context.require(.askQuestions)
        try QuestionAnswering.check(query.question)
        return try await answering.answer(query.question)
    }
}
