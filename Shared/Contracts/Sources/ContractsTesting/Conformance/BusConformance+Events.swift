import Contracts
import FoundationEssentials
import Testing

extension BusConformance {
    static let events: [Check<BusRig>] = [
        Check("signals arrive in order") { rig in
            let seen = Record<Int>()
            let principals = Record<Principal>()
            var table = HandlerTable(service: .chat)
            table.listen(to: Blink.self) { blink, context in
                principals.append(context.principal)
                seen.append(blink.number)
            }
            try await rig(table) { bus in
                for number in 0..<1000 { bus.signal(Blink(number: number), .sample()) }
                try await seen.reaches(1000)
                #expect(seen.items == Array(0..<1000))
                #expect(Set(principals.items) == [.sample()])
            }
        },

        Check("events arrive in order, with the request they came from") { rig in
            let seen = Record<Int>()
            let contexts = Record<MessageContext>()
            let envelopes = Record<EventEnvelope>()
            let table = HandlerTable.reacting { event, envelope, context in
                seen.append(event.number)
                envelopes.append(envelope)
                contexts.append(context)
            }
            try await rig(table) { bus in
                let sent = (1...100).map { EventEnvelope.sample(Happened(number: $0), sequence: Int64($0)) }
                let report = try await bus.deliver(sent, to: .analytics)
                #expect(report == DeliveryReport(delivered: 100))
                #expect(seen.items == Array(1...100))
                #expect(envelopes.items == sent)
                for (context, envelope) in zip(contexts.items, sent) {
                    #expect(context.principal == .service(.analytics))
                    #expect(context.requestID == envelope.requestID)
                    #expect(context.traceparent == envelope.traceparent)
                    #expect(context.deadline != nil)
                }
            }
        },

        Check("the first failure ends a delivery and is reported") { rig in
            let refused = ServiceError(.invalid, code: "analytics.refused", "Not this one.")
            let seen = Record<Int>()
            let table = HandlerTable.reacting { event, _, _ in
                if event.number == 3 { throw refused }
                if event.number == 5 { throw Mishap() }
                seen.append(event.number)
            }
            try await rig(table) { bus in
                let batches = [[1, 2, 3, 4], [5, 6]]
                let expected = [
                    DeliveryReport(delivered: 2, failure: refused),
                    DeliveryReport(delivered: 0, failure: .internal),
                ]
                for (batch, expected) in zip(batches, expected) {
                    let events = batch.map { EventEnvelope.sample(Happened(number: $0)) }
                    let report = try await bus.deliver(events, to: .analytics)
                    #expect(report == expected)
                }
                #expect(seen.items == [1, 2])
            }
        },

        Check("an event that can't be read fails for good") { rig in
            try await rig(.reacting { _, _, _ in }) { bus in
                let events = [
                    EventEnvelope.sample(Happened(number: 1)), .sample(name: Happened.name, payload: "{\"no"),
                ]
                let report = try await bus.deliver(events, to: .analytics)
                #expect(report.delivered == 1)
                #expect(report.failure?.code == "bus.unreadable_event")
                #expect(report.failure?.isTransient == false)
            }
        },

        Check("what is delivered twice is reacted to twice") { rig in
            let seen = Record<EventID>()
            try await rig(.reacting { _, envelope, _ in seen.append(envelope.id) }) { bus in
                let event = EventEnvelope.sample(Happened(number: 1))
                for _ in 0..<2 { _ = try await bus.deliver([event], to: .analytics) }
                _ = try await bus.deliver([event, event], to: .analytics)
                #expect(seen.items == Array(repeating: event.id, count: 4))
            }
        },

        Check("an event that a service has no use for counts as delivered") { rig in
            try await rig(.reacting { _, _, _ in }) { bus in
                let events = [
                    EventEnvelope.sample(name: "chat.forgotten.v1"), .sample(name: "chat.forgotten.v2"),
                ]
                for events in [events, []] {
                    let report = try await bus.deliver(events, to: .analytics)
                    #expect(report == DeliveryReport(delivered: events.count))
                }
            }
        },

        Check("a relay that stops cancels the reaction under way") { rig in
            let (started, cancelled) = (Gate(), Gate())
            let table = HandlerTable.reacting { _, _, _ in
                started.open()
                try await cancelled.openWhenCancelled()
            }
            try await rig(table) { bus in
                let delivery = Task { try await bus.deliver([.sample(Happened(number: 1))], to: .analytics) }
                try await started.wait()
                delivery.cancel()
                try await cancelled.wait()
                _ = await delivery.result
            }
        },

        Check("a service's subscriptions are listed") { rig in
            try await rig(.reacting { _, _, _ in }, .echoing { _, _ in "" }) { bus in
                let names = try await bus.subscriptions(of: .analytics)
                #expect(names == [Happened.name])
                let none = try await bus.subscriptions(of: .chat)
                #expect(none.isEmpty)
            }
        },
    ]
}

extension EventEnvelope {
    /// An event as the outbox would have recorded it.
    static func sample(_ event: Happened, sequence: Int64 = 1) -> EventEnvelope {
        sample(name: Happened.name, payload: "{\"number\":\(event.number)}", sequence: sequence)
    }

    static func sample(name: String, payload: String = "{}", sequence: Int64 = 1) -> EventEnvelope {
        EventEnvelope(
            id: EventID(UUID()), name: name,
            aggregate: Aggregate("conversation", UUID(uuidString: "00000000-0000-7000-8000-0000000000cc")!),
            sequence: sequence, occurredAt: TestClock().now(), requestID: "request-\(sequence)",
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", payload: payload
        )
    }
}
