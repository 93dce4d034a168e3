import Contracts
import Synchronization
import Testing

extension BusConformance {
    static let requests: [Check<BusRig>] = [
        Check("the handler's answer comes back") { rig in
            try await rig(.echoing { echo, _ in "heard: " + echo.text }) { bus in
                for text in ["hello", "", "line\nbreak", "zero\0byte", "\u{2028}👩‍👩‍👧 \"quoted\" \\ пароль"] {
                    let answer = try await bus.ask(Echo(text: text), .sample())
                    #expect(answer == "heard: " + text)
                }
            }
        },

        Check("a handler's error arrives whole, whatever its kind") { rig in
            let errors = ServiceError.Kind.allCases.map { kind in
                ServiceError(
                    kind, code: "chat.\(kind.rawValue)", "Прочти it: \"\(kind)\"",
                    fields: [.init(field: "articles[3].title", code: "too_long", message: "Shorten it.")],
                    retryAfterSeconds: 7
                )
            }
            let table = HandlerTable.echoing { echo, _ in throw errors[Int(echo.text)!] }
            try await rig(table) { bus in
                for (index, error) in errors.enumerated() {
                    await expect(error) { try await bus.ask(Echo(text: "\(index)"), .sample()) }
                }
            }
        },

        Check("an error that isn't the bus's becomes internal, and its text stays here") { rig in
            try await rig(.echoing { _, _ in throw Mishap() }) { bus in
                let error = await failure { try await bus.ask(Echo(text: ""), .sample()) }
                #expect(error == .internal)
                #expect(error.map { "\($0)" }?.contains("hunter2") == false)
            }
        },

        Check("the context arrives") { rig in
            let seen = Record<MessageContext>()
            let table = HandlerTable.echoing { _, context in
                seen.append(context)
                return ""
            }
            let contexts = [
                MessageContext(
                    principal: .sample(role: .admin, name: "Ada Łovelace \u{1F469}"), requestID: "request-7",
                    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                    deadline: Deadline(in: .seconds(15)), idempotencyKey: "key ✓", locale: "de-CH"),
                MessageContext(principal: .anonymous, requestID: "request-8"),
                MessageContext(principal: .service(.ai), requestID: ""),
            ]
            try await rig(table) { bus in
                for context in contexts { _ = try await bus.ask(Echo(text: ""), context) }
                for (sent, arrived) in zip(contexts, seen.items) {
                    #expect(arrived.principal == sent.principal)
                    #expect(arrived.requestID == sent.requestID)
                    #expect(arrived.traceparent == sent.traceparent)
                    #expect(arrived.idempotencyKey == sent.idempotencyKey)
                    #expect(arrived.locale == sent.locale)
                }
                let left = try #require(seen.items[0].deadline).remaining
                #expect(left > .zero && left <= .seconds(15))
            }
        },

        Check("a message that nobody handles isn't found") { rig in
            try await rig(.echoing { _, _ in "" }) { bus in
                let errors = await [
                    failure { try await bus.ask(Unheard(), .sample()) },
                    failure { try await bus.stream(UnheardStream(), .sample()) { _ in } },
                ]
                for error in errors {
                    #expect(error?.kind == .notFound)
                    #expect(error?.code == "bus.unknown_message")
                }
            }
        },

        Check("200 calls at once get each its own answer") { rig in
            let arrived = Record<String>()
            let table = HandlerTable.echoing { echo, _ in
                // Nobody is answered before 50 are here: they really are under way together.
                arrived.append(echo.text)
                try await arrived.reaches(50)
                return "heard: " + echo.text
            }
            try await rig(table) { bus in
                try await withThrowingTaskGroup(of: (String, String).self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            ("heard: \(number)", try await bus.ask(Echo(text: "\(number)"), .sample()))
                        }
                    }
                    for try await (expected, answer) in group { #expect(answer == expected) }
                }
                #expect(Set(arrived.items).count == 200)
            }
        },
    ]

    static let deadlines: [Check<BusRig>] = [
        Check("a handler that takes too long is cancelled, and its caller told so") { rig in
            let cancelled = Gate()
            let table = HandlerTable.echoing { echo, _ in
                if echo.text == "wait" { try await cancelled.openWhenCancelled() }
                return ""
            }
            try await rig(table) { bus in
                // Over a network the first call also connects.
                _ = try await bus.ask(Echo(text: ""), .sample())
                let context = MessageContext.sample().withTimeout(.milliseconds(150))
                await expect(.deadlineExceeded) { try await bus.ask(Echo(text: "wait"), context) }
                try await cancelled.wait()
            }
        },

        Check("a deadline that has passed keeps the message from its handler") { rig in
            let calls = Record<String>()
            var table = HandlerTable.echoing { _, _ in
                calls.append("request")
                return ""
            }
            table.produce(Numbers.self) { _, _, _ in calls.append("stream") }
            try await rig(table) { bus in
                let late = MessageContext.sample(deadline: Deadline(in: .milliseconds(-1)))
                await expect(.deadlineExceeded) { try await bus.ask(Echo(text: ""), late) }
                await expect(.deadlineExceeded) { try await bus.stream(Numbers(), late) { _ in } }
                #expect(calls.items.isEmpty)
            }
        },

        Check("a nested call inherits the deadline") { rig in
            let slot = Mutex<(any Bus)?>(nil)
            let cancelled = Gate()
            let left = Record<Duration?>()
            let chat = HandlerTable.echoing { echo, context in
                try await slot.withLock { $0 }!.ask(PassedOn(), context)
            }
            var ai = HandlerTable(service: .ai)
            ai.handle(PassedOn.self) { _, context in
                left.append(context.deadline?.remaining)
                if left.items.count == 2 { try await cancelled.openWhenCancelled() }
                return ""
            }
            try await rig(chat, ai) { bus in
                slot.withLock { $0 = bus }
                defer { slot.withLock { $0 = nil } }
                _ = try await bus.ask(Echo(text: ""), .sample().withTimeout(.seconds(15)))
                let context = MessageContext.sample().withTimeout(.milliseconds(150))
                await expect(.deadlineExceeded) { try await bus.ask(Echo(text: ""), context) }
                try await cancelled.wait()
                #expect(try #require(left.items[0]) <= .seconds(15))
                #expect(try #require(left.items[1]) <= .milliseconds(150))
            }
        },

        Check("a caller that gives up cancels its handler") { rig in
            let started = Gate()
            let cancelled = Gate()
            let table = HandlerTable.echoing { _, _ in
                started.open()
                try await cancelled.openWhenCancelled()
                return ""
            }
            try await rig(table) { bus in
                let call = Task { await failure { try await bus.ask(Echo(text: ""), .sample()) } }
                try await started.wait()
                call.cancel()
                try await cancelled.wait()
                #expect(await call.value == .cancelled)
            }
        },
    ]
}
