import Contracts

struct AnswerStreamProducer: Sendable {
    let answering: QuestionAnswering

    func callAsFunction(
        _ stream: AnswerStream, _ context: MessageContext,
        _ send: @escaping @Sendable (AnswerStream.Element) async throws -> Void
    ) async throws {
        try context.require(.askQuestions)
        try QuestionAnswering.check(stream.question)
        let answer = try await answering.answer(stream.question)
        for delta in QuestionAnswering.deltas(of: answer.answer) { try await send(.delta(delta)) }
        try await send(.finished(answer))
    }
}
