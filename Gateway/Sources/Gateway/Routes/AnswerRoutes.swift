import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// `/v1/ai`: the assistant outside any conversation.
struct AnswerRoutes {
    let bus: any Bus

    func register(on group: RouterGroup<EdgeContext>) {
        group.post("answers") { request, context in
            let body = try await request.decode(QuestionBody.self)
            let message = try context.message(for: request)
            guard request.headers[.accept]?.contains("text/event-stream") == true else {
                return try await Response.json(bus.ask(AnswerToQuestion(question: body.question), message))
            }
            try message.require(.askQuestions)
            return stream(AnswerStream(question: body.question), message)
        }
    }

    /// The answer word by word: events `delta` with `{"text": …}`, at the end `answer` with the whole of
    /// it, or `error` with a problem document.
    private func stream(_ question: AnswerStream, _ context: MessageContext) -> Response {
        let events = ServerSentEvents { send in
            do {
                try await bus.stream(question, context) { element in
                    switch element {
                    case .delta(let text): try await send("delta", DeltaData(text: text))
                    case .finished(let answer): try await send("answer", answer)
                    }
                }
            } catch {
                try await send(
                    "error", Problem(ServiceError(describing: error), requestID: context.requestID))
            }
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: events.body())
    }
}

private struct QuestionBody: Decodable {
    let question: String
}

private struct DeltaData: Encodable {
    let text: String
}
