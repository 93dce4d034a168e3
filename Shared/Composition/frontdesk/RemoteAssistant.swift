import AsyncHTTPClient
import Contracts
import FoundationEssentials
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Synchronization

/// The assistant of a running server, asked as a visitor over the public API.
struct RemoteAssistant {
    let server: String

    /// A server that doesn't run is told at once; the shared client would knock for half a minute.
    private static let configuration: HTTPClient.Configuration = {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }()

    /// - Parameter show: Called with the answer's words as they come.
    func answer(_ question: String, show: (String) -> Void) async throws -> AnswerView {
        try await HTTPClient.withHTTPClient(configuration: Self.configuration) { client in
            try await answer(question, over: client, show: show)
        }
    }

    private func answer(
        _ question: String, over client: HTTPClient, show: (String) -> Void
    ) async throws -> AnswerView {
        let token = try await visitorToken(over: client)
        var request = try self.request("/v1/ai/answers", Question(question: question))
        request.headers.add(name: "accept", value: "text/event-stream")
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        let response = try await send(request, over: client)
        let collector = AnswerCollector()
        var events = EventParser()
        for try await chunk in response.body {
            for event in events.append(chunk) {
                switch event.name {
                case "delta": show(try JSONDecoder().decode(Delta.self, from: event.data).text)
                case "answer": collector.keep(try JSONDecoder().decode(AnswerView.self, from: event.data))
                case "error": throw try JSONDecoder().decode(ProblemDetail.self, from: event.data).error
                default: break
                }
            }
        }
        return try collector.answer()
    }

    private func visitorToken(over client: HTTPClient) async throws -> String {
        let response = try await send(request("/v1/auth/visitor", [String: String]()), over: client)
        let body = try await response.body.collect(upTo: 64 << 10)
        return try JSONDecoder().decode(TokenGrant.self, from: body).accessToken
    }

    private func request(_ path: String, _ body: some Encodable) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(
            url: (server.hasSuffix("/") ? String(server.dropLast()) : server) + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(data: try JSONEncoder().encode(body)))
        return request
    }

    private func send(
        _ request: HTTPClientRequest, over client: HTTPClient
    ) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: .seconds(30))
        } catch {
            throw ServiceError(
                .unavailable, code: "server_unreachable", "Nothing answers at \(server). Is the server running?"
            )
        }
        guard (200...299).contains(response.status.code) else {
            let body = try await response.body.collect(upTo: 64 << 10)
            throw (try? JSONDecoder().decode(ProblemDetail.self, from: body).error)
                ?? ServiceError(
                    .unavailable, code: "not_frontdesk",
                    "\(server) answered with status \(response.status.code); that isn't Frontdesk.")
        }
        return response
    }

    private struct Question: Encodable {
        let question: String
    }

    private struct Delta: Decodable {
        let text: String
    }

    private struct ProblemDetail: Decodable {
        let code: String
        let detail: String

        var error: ServiceError { ServiceError(.unavailable, code: code, detail) }
    }
}

/// Keeps the whole answer until the stream has ended.
final class AnswerCollector: Sendable {
    private let kept = Mutex<AnswerView?>(nil)

    func keep(_ answer: AnswerView) {
        kept.withLock { $0 = answer }
    }

    func answer() throws -> AnswerView {
        guard let answer = kept.withLock({ $0 }) else {
            throw ServiceError(.unavailable, code: "answer_broke_off", "The answer broke off. Ask again.")
        }
        return answer
    }
}

/// Cuts a stream into server-sent events (HTML Living Standard, section 9.2.6), as Frontdesk sends them.
private struct EventParser {
    /// Whole bytes: a chunk may end in the middle of a character.
    private var pending: [UInt8] = []

    struct Event {
        let name: String
        let data: Data
    }

    mutating func append(_ chunk: ByteBuffer) -> [Event] {
        pending += chunk.readableBytesView
        var events: [Event] = []
        while let end = pending.firstRange(of: Array("\n\n".utf8)) {
            events.append(Event(String(decoding: pending[..<end.lowerBound], as: UTF8.self)))
            pending.removeSubrange(..<end.upperBound)
        }
        return events
    }
}

extension EventParser.Event {
    fileprivate init(_ block: String) {
        let lines = block.split(separator: "\n")
        func field(_ name: String) -> String {
            lines.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) } ?? ""
        }
        self.init(name: field("event: "), data: Data(field("data: ").utf8))
    }
}
