import Contracts
import ContractsTesting
import HTTPBus
import ServiceLifecycle
import Testing

extension BusTests {
    /// Services that are down, die, or answer nonsense.
    @Suite struct HTTPBusFailureTests {
        @Test func serviceThatIsDownIsUnavailableSoon() async throws {
            let address = "http://127.0.0.1:\(RawServer.closedPort())"
            try await withHTTPBus(to: [.chat: address]) { bus in
                let errors = try await within(.seconds(3)) {
                    await [
                        failure { try await bus.ask(Say(text: ""), .sample()) },
                        failure { try await bus.stream(SaySlowly(), .sample()) { _ in } },
                        failure { try await bus.subscriptions(of: .chat) },
                        failure { try await bus.deliver([], to: .chat) },
                    ]
                }
                for error in errors {
                    #expect(error?.kind == .unavailable)
                    #expect(error?.code == "bus.service_unreachable")
                }
                bus.signal(Wink(number: 1), .sample())
            }
        }

        @Test func serviceWithoutAnAddressIsUnavailable() async throws {
            try await withHTTPBus(to: [:]) { bus in
                let error = await failure { try await bus.ask(Say(text: ""), .sample()) }
                #expect(error?.kind == .unavailable)
                #expect(error?.code == "bus.service_unknown")
            }
        }

        @Test(arguments: [
            "2c\r\n{\"element\":\"one\"}\n{\"element\":\"two\"}\n{\"elemen\r\n",
            // Even a proper end of the response is none of the stream.
            "24\r\n{\"element\":\"one\"}\n{\"element\":\"two\"}\n\r\n0\r\n\r\n",
        ])
        func serverThatDiesInAStreamIsUnavailable(chunks: String) async throws {
            let server = RawServer { _, connection in
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            }
            defer { server.stop() }
            try await withHTTPBus(to: [.chat: server.address]) { bus in
                let seen = Record<String>()
                let error = await failure {
                    try await within { try await bus.stream(SaySlowly(), .sample()) { seen.append($0) } }
                }
                #expect(error?.kind == .unavailable)
                #expect(error?.code == "bus.service_unreachable")
                #expect(seen.items == ["one", "two"])
            }
        }

        @Test func serverThatDiesBeforeItsAnswerIsUnavailable() async throws {
            let server = RawServer { _, connection in
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n\"half an ans")
            }
            defer { server.stop() }
            try await withHTTPBus(to: [.chat: server.address]) { bus in
                let error = await failure { try await within { try await bus.ask(Say(text: ""), .sample()) } }
                #expect(error?.kind == .unavailable)
            }
        }

        @Test func answerThatStopsInItsMiddleEndsAtTheDeadline() async throws {
            let isOver = Gate()
            let server = RawServer { _, connection in
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n\"half an ans")
                // Holds the connection until the caller closes it.
                _ = connection.receiveNow()
                isOver.open()
            }
            defer { server.stop() }
            try await withHTTPBus(to: [.chat: server.address]) { bus in
                let context = MessageContext.sample().withTimeout(.milliseconds(300))
                await expect(.deadlineExceeded) { try await bus.ask(Say(text: ""), context) }
                try await within { try await isOver.wait() }
            }
        }

        @Test func answerOfSomethingElseIsUnavailable() async throws {
            let server = RawServer { _, connection in
                connection.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>")
            }
            defer { server.stop() }
            try await withHTTPBus(to: [.chat: server.address]) { bus in
                let error = await failure { try await bus.ask(Say(text: ""), .sample()) }
                #expect(error?.kind == .unavailable)
                #expect(error?.code == "bus.unexpected_answer")
            }
        }

        @Test(arguments: ["{\"delivered\":3}", "{\"delivered\":-1}", "{\"delivered\":1}", "nonsense"])
        func impossibleReportIsRefused(report: String) async throws {
            let server = RawServer { _, connection in
                let body = report == "{\"delivered\":1}" ? Self.reportOfAFailureAfterAll : report
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            defer { server.stop() }
            try await withHTTPBus(to: [.chat: server.address]) { bus in
                await expect(.internal) { try await bus.deliver([.sample()], to: .chat) }
            }
        }

        private static let reportOfAFailureAfterAll =
            "{\"delivered\":1,\"failure\":{\"kind\":\"invalid\",\"code\":\"c\",\"message\":\"m\",\"fields\":[]}}"

        @Test func signalThatCannotBeReadLeavesTheOthersAlone() async throws {
            let seen = Record<Int>()
            var table = HandlerTable(service: .chat)
            table.listen(to: Wink.self) { wink, _ in seen.append(wink.number) }
            try await withServers([table]) { addresses in
                try await withHTTPBus(to: addresses) { bus in
                    for number in 0..<100 {
                        bus.signal(BrokenWink(), .sample())
                        bus.signal(Wink(number: number), .sample())
                    }
                    try await within { try await seen.reaches(100) }
                    #expect(seen.items == Array(0..<100))
                }
            }
        }

        // Kubernetes kills what hasn't ended within its grace period.
        @Test func serverWithIdleConnectionsShutsDownInTime() async throws {
            try await withServerThatShutsDown(.echoing { text, _ in text }) { port, shutDown in
                let silent = RawConnection(to: port)
                let keptAlive = RawConnection(to: port)
                keptAlive.send("GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n")
                #expect(await keptAlive.receive().hasPrefix("HTTP/1.1 200"))
                try await withHTTPBus(to: [.chat: "http://127.0.0.1:\(port)"]) { bus in
                    #expect(try await bus.ask(Say(text: "hello"), .sample()) == "hello")
                    try await shutDown()
                }
                _ = silent
            }
        }

        @Test func serverThatShutsDownFinishesWhatItDoes() async throws {
            let (started, mayEnd) = (Gate(), Gate())
            let table = HandlerTable.echoing { text, _ in
                started.open()
                try await mayEnd.wait()
                return text
            }
            try await withServerThatShutsDown(table) { port, shutDown in
                try await withHTTPBus(to: [.chat: "http://127.0.0.1:\(port)"]) { bus in
                    async let answer = bus.ask(Say(text: "hello"), .sample())
                    try await started.wait()
                    async let ended: Void = shutDown()
                    mayEnd.open()
                    #expect(try await answer == "hello")
                    try await ended
                }
            }
        }

        // Somebody follows a conversation for hours.
        @Test func serverThatShutsDownEndsItsStreams() async throws {
            var table = HandlerTable(service: .chat)
            table.produce(SaySlowly.self) { _, _, send in
                try await send("one")
                try await Gate().wait()
            }
            try await withServerThatShutsDown(table) { port, shutDown in
                try await withHTTPBus(to: [.chat: "http://127.0.0.1:\(port)"]) { bus in
                    let first = Gate()
                    async let error = failure {
                        try await bus.stream(SaySlowly(), .sample()) { _ in first.open() }
                    }
                    try await within { try await first.wait() }
                    try await shutDown()
                    #expect(await error?.kind == .unavailable)
                }
            }
        }
    }
}

/// By its name a ``Wink``, but not readable as one.
private struct BrokenWink: Signal {
    static let name = Wink.name
}

extension EventEnvelope {
    fileprivate static func sample() -> EventEnvelope {
        EventEnvelope(
            id: EventID("00000000-0000-7000-8000-0000000000ee")!, name: "chat.happened.v1",
            aggregate: Aggregate("conversation", CountingUUIDs().next()), sequence: 1,
            occurredAt: TestClock().now(),
            requestID: "request", traceparent: nil, payload: "{}")
    }
}

/// Runs a server as a process would, and hands over how to end it as SIGTERM would: that returns when the
/// server has ended, or throws after ten seconds.
private func withServerThatShutsDown(
    _ table: HandlerTable,
    _ body:
        @escaping @Sendable (_ port: Int, _ shutDown: @escaping @Sendable () async throws -> Void) async throws
        -> Void
) async throws {
    let ports = Record<Int>()
    let ended = Gate()
    let server = HTTPBusServer(table) { ports.append($0) }
    let services = ServiceGroup(services: [server], gracefulShutdownSignals: [], logger: .quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        group.addTask {
            defer { ended.open() }
            try await services.run()
        }
        try await within { try await ports.reaches(1) }
        try await body(ports.items[0]) {
            await services.triggerGracefulShutdown()
            try await within(.seconds(10)) { try await ended.wait() }
        }
    }
}
