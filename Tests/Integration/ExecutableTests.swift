import Contracts
import FoundationEssentials
import Glibc
import NIOWebSocket
import Testing

extension WholeSystem {
    /// The command line, as an owner uses it.
    @Suite struct ExecutableTests {
        static func settings(_ folder: String) -> [String: String] {
            [
                "FRONTDESK_DATA": folder, "FRONTDESK_HTTP_PORT": "0", "FRONTDESK_ADMIN_EMAIL": Site.adminEmail,
                "FRONTDESK_ADMIN_PASSWORD": Site.adminPassword,
            ]
        }

        // MARK: - Ending

        @Test func aTerminatedProcessEndsInTimeWhoeverIsConnected() async throws {
            try await withTemporaryFolder { folder in
                try await Executable.run("frontdesk", ["serve"], Self.settings(folder)) { process in
                    let host = try await process.host()
                    let token = try await host.visitor().token ?? ""
                    let idle = try RawSocket(port: host.port)
                    try idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    _ = try idle.receive(until: "alive")
                    let neverSent = try RawSocket(port: host.port)
                    let halfHead = try RawSocket(port: host.port)
                    try halfHead.send("POST /v1/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Le")
                    let halfBody = try RawSocket(port: host.port)
                    try halfBody.send(
                        """
                        POST /v1/conversations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r
                        Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"subject":
                        """)
                    let silent = try (0..<3).map { _ in
                        let socket = try RawSocket(port: host.port)
                        try socket.send(
                            """
                            GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r
                            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                            Sec-WebSocket-Protocol: frontdesk.v1, bearer.\(token)\r\n\r\n
                            """)
                        #expect(try socket.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
                        return socket
                    }
                    let began = ContinuousClock.now
                    process.kill(SIGTERM)
                    #expect(try await process.end(within: .seconds(15)) == .exited(0), "\(process.text)")
                    #expect(began.duration(to: .now) < .seconds(10))
                    withExtendedLifetime((idle, neverSent, halfHead, halfBody, silent)) {}
                }
            }
        }

        @Test func aClientThatAnswersTheCloseAndStaysHoldsUpNothing() async throws {
            try await withTemporaryFolder { folder in
                try await Executable.run("frontdesk", ["serve"], Self.settings(folder)) { process in
                    let visitor = try await process.host().visitor()
                    try await LiveSocket.open(as: visitor) { socket in
                        let began = ContinuousClock.now
                        process.kill(SIGTERM)
                        let frame = try await socket.next()
                        #expect(frame == nil)
                        #expect(socket.closeCode == .goingAway)
                        #expect(try await process.end(within: .seconds(15)) == .exited(0), "\(process.text)")
                        #expect(began.duration(to: .now) < .seconds(10))
                    }
                }
            }
        }

        // MARK: - Settings

        @Test(arguments: [
            (["FRONTDESK_HTTP_PORT": "abc"], "FRONTDESK_HTTP_PORT"),
            (["FRONTDESK_HTTP_PORT": "70000"], "FRONTDESK_HTTP_PORT"),
            (["FRONTDESK_HTP_PORT": "8080"], "FRONTDESK_HTP_PORT"),
            (["FRONTDESK_ADMIN_EMAIL": "nobody"], "FRONTDESK_ADMIN_EMAIL"),
            (["FRONTDESK_ADMIN_PASSWORD": "hunter2"], "FRONTDESK_ADMIN_PASSWORD"),
            (["FRONTDESK_BUS": "carrier-pigeon"], "FRONTDESK_BUS"),
            (["FRONTDESK_BUS": "http"], "FRONTDESK_BUS_SECRET"),
            (["FRONTDESK_BUS": "http", "FRONTDESK_BUS_SECRET": "hunter2"], "FRONTDESK_BUS_SECRET"),
            (["FRONTDESK_SMTP_URL": "smtp://user:hunter2@mail.example"], "smtp.url"),
            (["FRONTDESK_LOG_LEVEL": "chatty"], "FRONTDESK_LOG_LEVEL"),
            (["FRONTDESK_PUBLIC_URL": "ftp://shop.example"], "FRONTDESK_PUBLIC_URL"),
        ])
        func aSettingThatCantBeUsedEndsTheStartAtOnce(_ setting: [String: String], _ name: String) async throws
        {
            try await withTemporaryFolder { folder in
                let settings = Self.settings(folder).merging(setting) { _, bad in bad }
                let began = ContinuousClock.now
                let (status, text) = try await Executable.finish("frontdesk", ["serve"], settings)
                #expect(began.duration(to: .now) < .seconds(1))
                #expect(status == .exited(78), "\(text)")
                #expect(text.contains(name) && !text.contains("hunter2"), "\(text)")
            }
        }

        @Test(arguments: [
            ("{", "config.json"), ("[]", "config.json"), (#"{"http": {"prt": 1}}"#, "http.prt"),
            (#"{"http": {"port": "abc"}}"#, "http.port"),
            (#"{"admin": {"password": "hunter2"}}"#, "admin.password"),
            (#"{"smtp": {"password": ["hunter2"]}}"#, "config.json"),
        ])
        func aConfigurationFileThatCantBeUsedEndsTheStartAtOnce(_ content: String, _ name: String) async throws
        {
            try await withTemporaryFolder { folder in
                let file = "\(folder)/config.json"
                try Data(content.utf8).write(to: URL(filePath: file))
                let began = ContinuousClock.now
                let (status, text) = try await Executable.finish(
                    "frontdesk", ["serve", "--config", file], ["FRONTDESK_DATA": folder])
                #expect(began.duration(to: .now) < .seconds(1))
                #expect(status == .exited(78), "\(text)")
                #expect(text.contains(name) && !text.contains("hunter2"), "\(text)")
            }
        }

        @Test func theConfigurationFileIsReadAndTheEnvironmentGoesBeforeIt() async throws {
            try await withTemporaryFolder { folder in
                let file = "\(folder)/config.json"
                try Data(
                    #"{"http": {"port": 0}, "site": {"name": "From the file"}, "log": {"level": "error"}}"#.utf8
                )
                .write(to: URL(filePath: file))
                for (variable, name) in [(nil, "From the file"), ("From outside", "From outside")] {
                    var settings = ["FRONTDESK_DATA": folder]
                    settings["FRONTDESK_SITE_NAME"] = variable
                    try await Executable.run("frontdesk", ["serve", "--config", file], settings) { process in
                        let reply = try await process.host().nobody.get("/v1/site").expecting(200)
                        #expect(reply.text.contains(name))
                    }
                }
            }
        }

        @Test func oneServiceAloneNeedsTheHTTPBus() async throws {
            try await withTemporaryFolder { folder in
                let (status, text) = try await Executable.finish(
                    "frontdesk", ["serve", "--only", "chat"], Self.settings(folder))
                #expect(status == .exited(78) && text.contains("FRONTDESK_BUS"), "\(text)")
                let unknown = try await Executable.finish(
                    "frontdesk", ["serve", "--only", "coffee"], Self.settings(folder))
                #expect(unknown.status == .exited(64), "\(unknown.text)")
            }
        }

        // MARK: - Commands

        @Test func articlesAreImportedAndAskedAbout() async throws {
            try await withTemporaryFolder { folder in
                let (settings, file) = (Self.settings(folder), "\(folder)/articles.jsonl")
                let lines = try HelpCentre.articles.map { String(decoding: try $0.data(), as: UTF8.self) }
                try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: file))
                func frontdesk(_ arguments: String...) async throws -> (status: Executable.Status, text: String)
                {
                    try await Executable.finish("frontdesk", arguments, settings)
                }
                let early = try await frontdesk("ask", HelpCentre.question)
                #expect(
                    early.status != .exited(0) && early.text.contains("Import articles first"), "\(early.text)")

                let first = try await frontdesk("import", "articles", file)
                #expect(
                    first.status == .exited(0) && first.text.contains("3 new, 0 updated, 0 unchanged."),
                    "\(first.text)")
                let again = try await frontdesk("import", "articles", file)
                #expect(
                    again.status == .exited(0) && again.text.contains("0 new, 0 updated, 3 unchanged."),
                    "\(again.text)")
                let broken = "\(folder)/broken.jsonl"
                try Data("\(lines[0])\n{\"title\": 1}\n".utf8).write(to: URL(filePath: broken))
                let refused = try await frontdesk("import", "articles", broken)
                #expect(refused.status != .exited(0) && refused.text.contains("line 2"), "\(refused.text)")
                let missing = try await frontdesk("import", "articles", "\(folder)/missing.jsonl")
                #expect(
                    missing.status != .exited(0) && missing.text.contains("missing.jsonl"), "\(missing.text)")

                try await Self.expectAnswers { arguments in
                    try await Executable.finish("frontdesk", ["ask"] + arguments, settings)
                }
                try await Executable.run("frontdesk", ["serve"], settings) { process in
                    let server = "http://127.0.0.1:\(try await process.host().port)"
                    try await Self.expectAnswers { arguments in
                        try await Executable.finish(
                            "frontdesk", ["ask", "--server", server] + arguments, ["HOME": folder])
                    }
                }
                let nobody = try await frontdesk(
                    "ask", "--server", "http://127.0.0.1:\(FreePort.next())", "Hello?")
                #expect(
                    nobody.status != .exited(0) && nobody.text.contains("Is the server running?"),
                    "\(nobody.text)")
            }
        }

        private static func expectAnswers(
            _ ask: ([String]) async throws -> (status: Executable.Status, text: String)
        ) async throws {
            let answered = try await ask([HelpCentre.question])
            #expect(answered.status == .exited(0), "\(answered.text)")
            #expect(
                answered.text.contains("4 to 6 business days")
                    && answered.text.contains("[1] Shipping to Switzerland"))
            let declined = try await ask([HelpCentre.unanswerable])
            #expect(
                declined.status == .exited(3) && declined.text.contains("couldn't find"), "\(declined.text)")
        }

        @Test func theVersionIsPrinted() async throws {
            let (status, text) = try await Executable.finish("frontdesk", ["version"])
            #expect(status == .exited(0) && text.wholeMatch(of: /frontdesk \d+\.\d+\.\d+/) != nil, "\(text)")
        }
    }
}
