import Contracts
import ContractsTesting
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

@testable import Gateway

@Suite struct OperationsRoutesTests {
    private let bus = ScriptedBus()

    /// Runs the routes for whoever has this role.
    private func asking(
        as role: Role = .admin, _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let router = Router(context: EdgeContext.self)
        router.add(
            middleware: ProblemResponses(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        router.add(middleware: SignedIn(role: role))
        OperationsRoutes(bus: bus).register(on: router.group("v1/operations"))
        try await Application(responder: router.buildResponder()).test(.router, body)
    }

    private struct SignedIn: RouterMiddleware {
        let role: Role

        func handle(
            _ request: Hummingbird.Request, context: EdgeContext,
            next: (Hummingbird.Request, EdgeContext) async throws -> Response
        ) async throws -> Response {
            var context = context
            context.principal = .sample(role: role)
            return try await next(request, context)
        }
    }

    private func letter(_ publisher: ServiceName, _ position: Int64) -> DeadLetterSummary {
        DeadLetterSummary(
            id: DeadLetterID(publisher: publisher, subscriber: .notification, position: position),
            event: "chat.conversation_ended.v1", aggregateKind: "conversation", aggregateID: UUID(),
            code: "smtp.down", reason: "Down.", attempts: 7, diedAt: TestClock().now())
    }

    private func answerLists() {
        bus.answer(DeadLetterList<UserLog>.self) { _, _ in [] }
        bus.answer(DeadLetterList<ChatLog>.self) { query, _ in
            let after = query.after?.position ?? 0
            return [1, 2, 3].filter { $0 > after }.prefix(query.limit).map { letter(.chat, $0) }
        }
        bus.answer(DeadLetterList<AILog>.self) { query, _ in
            [letter(.ai, 9)].filter { $0.id.position > query.after?.position ?? 0 }
        }
        bus.answer(DeadLetterList<AnalyticsLog>.self) { _, _ in [] }
        bus.answer(DeadLetterList<NotificationLog>.self) { _, _ in [] }
    }

    @Test func deadLettersOfAllServicesAreOneList() async throws {
        answerLists()
        try await asking { client in
            var (ids, query) = ([String](), "")
            for _ in 0..<3 {
                let page = try await client.execute(
                    uri: "/v1/operations/dead-letters?limit=2\(query)", method: .get
                ) { response in
                    #expect(response.status == .ok)
                    return try JSONDecoder().decode(
                        Page<DeadLetterSummary>.self, from: Data(response.body.readableBytesView))
                }
                ids += page.data.map { "\($0.id)" }
                guard let cursor = page.nextCursor else { break }
                query = "&cursor=\(cursor)"
            }
            #expect(
                ids == [
                    "chat.notification.1", "chat.notification.2", "chat.notification.3", "ai.notification.9",
                ])
        }
    }

    @Test func letterIsRedrivenWhereItLies() async throws {
        bus.answer(RedriveDeadLetters<ChatLog>.self) { _, _ in .init(redriven: 1) }
        try await asking { client in
            try await client.execute(
                uri: "/v1/operations/dead-letters/chat.notification.42/redrive", method: .post
            ) { response in
                #expect(response.status == .accepted)
            }
        }
        let sent = bus.sent(RedriveDeadLetters<ChatLog>.self)
        #expect(sent.map(\.subscriber) == [.notification])
        #expect(sent.map(\.position) == [42])
    }

    @Test(arguments: [
        ("/v1/operations/dead-letters/nonsense", HTTPResponse.Status.notFound),
        ("/v1/operations/dead-letters/chat.notification.x", .notFound),
        ("/v1/operations/dead-letters?service=nobody", .unprocessableContent),
        ("/v1/operations/dead-letters?cursor=nonsense", .unprocessableContent),
        ("/v1/operations/events", .unprocessableContent),
        ("/v1/operations/events?service=gateway", .unprocessableContent),
        ("/v1/operations/events?service=chat&after=-1", .unprocessableContent),
        ("/v1/operations/events?service=chat&limit=101", .unprocessableContent),
    ])
    func whatMakesNoSenseIsRefused(uri: String, status: HTTPResponse.Status) async throws {
        try await asking { client in
            try await client.execute(uri: uri, method: .get) { #expect($0.status == status) }
        }
    }

    @Test func eventsAreReadOnFromAPosition() async throws {
        bus.answer(RecordedEvents<ChatLog>.self) { query, _ in
            (1...query.limit).map { offset in
                RecordedEvent(
                    position: query.after! + Int64(offset),
                    EventEnvelope(
                        id: EventID(UUID()), name: "chat.noted.v1", aggregate: .init("conversation", UUID()),
                        sequence: 1, occurredAt: TestClock().now(), requestID: "r", traceparent: nil,
                        payload: "{}"))
            }
        }
        try await asking { client in
            try await client.execute(
                uri: "/v1/operations/events?service=chat&after=10&limit=3", method: .get
            ) { response in
                let page = try JSONDecoder().decode(
                    Page<RecordedEvent>.self, from: Data(response.body.readableBytesView))
                #expect(page.data.map(\.position) == [11, 12, 13])
                #expect(page.nextCursor == "13")
            }
        }
    }

    @Test(arguments: [(Role.agent, HTTPResponse.Status.forbidden), (.anonymous, .unauthorized)])
    func onlyAdministratorsComeIn(role: Role, status: HTTPResponse.Status) async throws {
        try await asking(as: role) { client in
            for (method, path) in [
                (HTTPRequest.Method.get, "dead-letters"), (.get, "dead-letters/chat.ai.1"),
                (.post, "dead-letters/chat.ai.1/redrive"), (.get, "events?service=chat"),
            ] {
                try await client.execute(uri: "/v1/operations/\(path)", method: method) {
                    #expect($0.status == status)
                }
            }
        }
        #expect(bus.sent(DeadLetterList<ChatLog>.self).isEmpty)
    }
}
