import Contracts
import Synchronization
import Testing

extension BusConformance {
    static let streams: [Check<BusRig>] = [
        Check("10,000 elements arrive, all of them and in order") { rig in
            let table = HandlerTable.counting { _, send in
                for number in 0..<10_000 { try await send(Numbered(number: number)) }
            }
            try await rig(table) { bus in
                let seen = Record<Int>()
                try await bus.stream(Numbers(), .sample()) { seen.append($0.number) }
                #expect(seen.items == Array(0..<10_000))
            }
        },

        Check("an element may hold line breaks, and a megabyte") { rig in
            let loads = ["\n\r\n\u{2028}", "", String(repeating: "長い\n", count: 150_000)]
            let table = HandlerTable.counting { _, send in
                for (number, load) in loads.enumerated() {
                    try await send(Numbered(number: number, load: load))
                }
            }
            try await rig(table) { bus in
                let seen = Record<String>()
                try await bus.stream(Numbers(), .sample()) { seen.append($0.load) }
                #expect(seen.items == loads)
            }
        },

        Check("a stream may be empty") { rig in
            try await rig(.counting { _, _ in }) { bus in
                let seen = Record<Int>()
                try await bus.stream(Numbers(), .sample()) { seen.append($0.number) }
                #expect(seen.items.isEmpty)
            }
        },

        Check("what came before an error arrives before it") { rig in
            let broken = ServiceError(.conflict, code: "chat.broken", "It broke.", retryAfterSeconds: 3)
            let table = HandlerTable.counting { context, send in
                for number in 0..<3 { try await send(Numbered(number: number)) }
                if context.locale == "de" { throw Mishap() }
                throw broken
            }
            try await rig(table) { bus in
                var context = MessageContext.sample()
                for expected in [broken, .internal] {
                    let seen = Record<Int>()
                    let error = await failure { [context] in
                        try await bus.stream(Numbers(), context) { seen.append($0.number) }
                    }
                    #expect(error == expected)
                    #expect(seen.items == [0, 1, 2])
                    context.locale = "de"
                }
            }
        },

        Check("the producer waits for a slow consumer") { rig in
            // Between processes the buffers of the network hold some elements; large ones make that few.
            let allowance = 100
            let load = String(repeating: "x", count: 256 << 10)
            let sent = Record<Int>()
            let table = HandlerTable.counting { _, send in
                for number in 0..<(2 * allowance) {
                    try await send(Numbered(number: number, load: load))
                    sent.append(number)
                }
            }
            try await rig(table) { bus in
                let seen = Record<Int>()
                let (first, mayGoOn) = (Gate(), Gate())
                let stream = Task {
                    try await bus.stream(Numbers(), .sample()) { element in
                        seen.append(element.number)
                        first.open()
                        try await mayGoOn.wait()
                    }
                }
                try await first.wait()
                // It gets stuck on the way, which shows only as something that doesn't happen for a while.
                let isOverrun: Bool? = try? await within(.milliseconds(700)) {
                    try await sent.reaches(allowance)
                    return true
                }
                #expect(isOverrun == nil, "\(sent.items.count) elements ahead of the consumer")
                mayGoOn.open()
                try await stream.value
                #expect(seen.items == Array(0..<(2 * allowance)))
            }
        },
    ]

    static let endings: [Check<BusRig>] = [
        Check("a consumer that throws stops the producer and gets its own error back") { rig in
            let stopped = Gate()
            let table = HandlerTable.counting { _, send in
                defer { stopped.open() }
                var number = 0
                while true {
                    try await send(Numbered(number: number))
                    number += 1
                }
            }
            try await rig(table) { bus in
                let seen = Record<Int>()
                await #expect(throws: EnoughHeard.self) {
                    try await bus.stream(Numbers(), .sample()) { element in
                        seen.append(element.number)
                        if element.number == 4 { throw EnoughHeard() }
                    }
                }
                try await stopped.wait()
                #expect(seen.items == [0, 1, 2, 3, 4])
            }
        },

        Check("a producer can't hide its consumer's error") { rig in
            let table = HandlerTable.counting { _, send in
                try? await send(Numbered(number: 0))
            }
            try await rig(table) { bus in
                await #expect(throws: EnoughHeard.self) {
                    try await bus.stream(Numbers(), .sample()) { _ in throw EnoughHeard() }
                }
            }
        },

        Check("a caller that gives up cancels the producer") { rig in
            let cancelled = Gate()
            let table = HandlerTable.counting { _, send in
                try await send(Numbered(number: 0))
                try await cancelled.openWhenCancelled()
            }
            try await rig(table) { bus in
                let first = Gate()
                let stream = Task {
                    await failure { try await bus.stream(Numbers(), .sample()) { _ in first.open() } }
                }
                try await first.wait()
                stream.cancel()
                try await cancelled.wait()
                #expect(await stream.value == .cancelled)
            }
        },

        Check("a caller that gives up while it consumes cancels the producer") { rig in
            let stopped = Gate()
            let table = HandlerTable.counting { _, send in
                defer { stopped.open() }
                while true { try await send(Numbered(number: 0)) }
            }
            try await rig(table) { bus in
                let first = Gate()
                let stream = Task {
                    await failure {
                        try await bus.stream(Numbers(), .sample()) { _ in
                            first.open()
                            try await Gate().wait()
                        }
                    }
                }
                try await first.wait()
                stream.cancel()
                try await stopped.wait()
                #expect(await stream.value == .cancelled)
            }
        },

        Check("a stream ends at its deadline") { rig in
            let ended = Gate()
            let table = HandlerTable.counting { context, send in
                if context.deadline == nil { return }
                try await send(Numbered(number: 0))
                try await ended.openWhenCancelled()
            }
            try await rig(table) { bus in
                // Over a network the first stream also connects.
                try await bus.stream(Numbers(), .sample()) { _ in }
                let seen = Record<Int>()
                let error = await failure {
                    try await bus.stream(Numbers(), .sample().withTimeout(.milliseconds(250))) {
                        seen.append($0.number)
                    }
                }
                #expect(error == .deadlineExceeded)
                #expect(seen.items == [0])
                try await ended.wait()
            }
        },
    ]
}
