import Contracts
import FoundationEssentials
import NIOCore
import NIOWebSocket
import Testing

extension WholeSystem {
    /// Following a conversation over the WebSocket: nothing is missed, doubled or shown to a stranger.
    @Suite struct FollowingTests {
        @Test(arguments: Deployment.available)
        func whoComesBackGetsExactlyWhatWasMissed(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let (visitor, admin) = (try await site.visitor(), try await site.admin())
                let conversation = try await visitor.start(subject: "Long talk")
                // Staff write: the assistant answers contacts only, so the numbers are known beforehand.
                for number in 2...10 { _ = try await admin.say("Line \(number)", in: conversation.id) }
                let first = try await LiveSocket.open(as: visitor) { socket in
                    try await socket.resume(conversation.id, after: 0)
                    return try await socket.items(4)
                }
                #expect(first.map(\.seq) == [1, 2, 3, 4])
                for number in 11...14 { _ = try await admin.say("Line \(number)", in: conversation.id) }
                try await LiveSocket.open(as: visitor) { socket in
                    try await socket.resume(conversation.id, after: 4)
                    let missed = try await socket.items(10)
                    #expect(missed.map(\.seq) == Array(5...14))
                    #expect(missed.compactMap(\.message?.content) == (5...14).map { "Line \($0)" })
                    #expect(missed.allSatisfy { $0.message?.sequence == $0.seq })
                    _ = try await admin.say("Line 15", in: conversation.id)
                    #expect(try await socket.items(1).map(\.message?.content) == ["Line 15"])
                }
            }
        }

        @Test(arguments: Deployment.available)
        func numbersHaveNoGapsHoweverManyWriteAndHoweverOftenTheClientComesBack(_ deployment: Deployment)
            async throws
        {
            try await Site.run(deployment) { site in
                let (visitor, admin) = (try await site.visitor(), try await site.admin())
                let conversation = try await visitor.start()
                let (writers, each) = (8, 10)
                let total = 1 + writers * each
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<writers {
                        group.addTask {
                            for number in 0..<each {
                                _ = try await admin.say("\(writer).\(number)", in: conversation.id)
                            }
                        }
                    }
                    group.addTask {
                        var seen: [Frame] = []
                        while seen.count < total {
                            // Each connection sees a few and is dropped.
                            let count = min(9, total - seen.count)
                            let last = seen.last?.seq ?? 0
                            seen += try await LiveSocket.open(as: visitor) { socket in
                                try await socket.resume(conversation.id, after: last)
                                return try await socket.items(count)
                            }
                        }
                        #expect(seen.map(\.seq) == (1...Int64(total)).map { $0 })
                        let contents = seen.compactMap(\.message?.content)
                        #expect(Set(contents).count == writers * each)
                        // What one writer says stays in its order.
                        for writer in 0..<writers {
                            #expect(
                                contents.filter { $0.hasPrefix("\(writer).") }
                                    == (0..<each).map { "\(writer).\($0)" })
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test(arguments: Deployment.available)
        func everyClientSeesTheSameNumbers(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let (visitor, admin) = (try await site.visitor("Kim"), try await site.admin())
                let conversation = try await visitor.start("Hello there!")
                try await LiveSocket.open(as: visitor) { mine in
                    try await LiveSocket.open(as: admin) { staffs in
                        try await mine.resume(conversation.id, after: 0)
                        try await staffs.resume(conversation.id, after: 0)
                        _ = try await (mine.items(3), staffs.items(3))
                        let said = try await admin.say("A person here.", in: conversation.id)
                        let (left, right) = (try await mine.items(1), try await staffs.items(1))
                        #expect(left.map(\.seq) == [4] && right.map(\.seq) == [4])
                        #expect(left.first?.message == said && right.first?.message == said)
                        #expect(said.author.kind == .agent)

                        try await mine.typing(conversation.id, active: true)
                        let typing = try await staffs.frames { $0.type == "typing.started" }
                        #expect(typing.last?.seq == nil)
                    }
                }
            }
        }

        @Test(arguments: Deployment.available)
        func strangersCanNeitherFollowNorReadAConversation(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let (visitor, stranger, admin) = (
                    try await site.visitor(), try await site.visitor(), try await site.admin()
                )
                let conversation = try await visitor.start(subject: "Mine")
                let path = "/v1/conversations/\(conversation.id)"
                try await LiveSocket.open(as: stranger) { socket in
                    try await socket.resume(conversation.id, after: 0)
                    #expect(try await socket.next()?.errorCode == "chat.conversation_not_found")
                    try await socket.subscribe(conversation.id)
                    #expect(try await socket.next()?.errorCode == "chat.conversation_not_found")
                    _ = try await admin.say("Only for its contact.", in: conversation.id)
                    // Had it been let in by mistake, the message would stand before the pong.
                    try await socket.say(["type": "ping"])
                    #expect(try await socket.next()?.type == "pong")
                }
                try await stranger.get(path).problem(404, "chat.conversation_not_found")
                try await stranger.get(path + "/messages").problem(404, "chat.conversation_not_found")
                try await stranger.post(path + "/messages", ["content": "Hi"])
                    .problem(404, "chat.conversation_not_found")
                try await stranger.post(path + "/end", [:]).problem(404, "chat.conversation_not_found")
                #expect(try await stranger.all("/v1/conversations?", ConversationView.self).isEmpty)
                // Nor does somebody without a token learn that it exists.
                try await site.nobody.get(path).problem(404, "chat.conversation_not_found")
                #expect(try await admin.conversation(conversation.id).subject == "Mine")
                #expect(try await admin.messages(in: conversation.id).count == 1)
                #expect(try await visitor.conversation(conversation.id).status == .open)
            }
        }

        @Test(arguments: Deployment.available)
        func whatIsNoProperFrameIsRefusedAndTheConnectionGoesOn(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let visitor = try await site.visitor()
                try await LiveSocket.open(as: visitor) { socket in
                    for (text, code) in [
                        ("{", "malformed_json"), ("[]", "invalid_request"), ("{}", "invalid_request"),
                        (#"{"type":"dance"}"#, "invalid_request"), (#"{"type":"resume"}"#, "invalid_request"),
                        (#"{"type":"resume","data":{"conversation_id":"x"}}"#, "invalid_request"),
                        (#"{"type":"resume","data":{"conversation_id":7}}"#, "invalid_request"),
                    ] {
                        try await socket.write(.text, ByteBuffer(string: text))
                        #expect(try await socket.next()?.errorCode == code, "\(text)")
                    }
                    try await socket.say(["type": "ping"])
                    #expect(try await socket.next()?.type == "pong")
                }
                for (opcode, data, code) in [
                    (
                        WebSocketOpcode.text, ByteBuffer(bytes: [0xFF]),
                        WebSocketErrorCode.dataInconsistentWithMessage
                    ),
                    (.binary, ByteBuffer(string: "{}"), .unacceptableData),
                    (.continuation, ByteBuffer(string: "{}"), .protocolError),
                ] {
                    try await LiveSocket.open(as: visitor) { socket in
                        try await socket.write(opcode, data)
                        #expect(try await socket.next() == nil)
                        #expect(socket.closeCode == code)
                    }
                }
                let token = visitor.token ?? ""
                for refused in ["frontdesk.v1", "frontdesk.v1, bearer.garbage", "bearer.\(token)"] {
                    #expect(try await LiveSocket.connect(site.port, refused) == nil)
                }
            }
        }
    }
}
