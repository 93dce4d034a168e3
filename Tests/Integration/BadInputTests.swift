import Contracts
import FoundationEssentials
import NIOHTTP1
import Testing

extension WholeSystem {
    /// Whatever comes in, what goes out is a problem document that says what is wrong; never a failure of ours.
    @Suite struct BadInputTests {
        /// A route that takes a body.
        struct Route: Sendable {
            let method: HTTPMethod
            let path: String
            /// One that is understood.
            let body: JSON
            var required: [String] = []
            /// Fields, each with a value of a type that isn't theirs.
            var wrongTypes: [String: JSON] = [:]
            var limitKiB = 256
        }

        private static let nowhere = "01890000-0000-7000-8000-000000000000"

        private static let routes: [Route] = [
            Route(
                method: .POST, path: "/v1/auth/signup",
                body: ["email": "a@shop.example", "password": "a long enough password", "name": "A"],
                required: ["email", "password"], wrongTypes: ["email": 1, "password": [:], "name": ["A"]]),
            Route(
                method: .POST, path: "/v1/auth/login", body: ["email": "a@shop.example", "password": "x"],
                required: ["email", "password"], wrongTypes: ["email": true, "password": 7]),
            Route(
                method: .POST, path: "/v1/auth/refresh", body: ["refresh_token": "x"],
                required: ["refresh_token"],
                wrongTypes: ["refresh_token": 1]),
            Route(
                method: .POST, path: "/v1/auth/logout", body: ["refresh_token": "x"],
                required: ["refresh_token"],
                wrongTypes: ["refresh_token": []]),
            Route(
                method: .POST, path: "/v1/auth/setup",
                body: ["token": "x", "password": "a long enough password"],
                required: ["token", "password"], wrongTypes: ["token": 1, "password": false]),
            Route(method: .POST, path: "/v1/auth/visitor", body: ["name": "A"], wrongTypes: ["name": 1]),
            Route(
                method: .PATCH, path: "/v1/users/\(nowhere)", body: ["role": "agent"], required: ["role"],
                wrongTypes: ["role": 1]),
            Route(
                method: .POST, path: "/v1/conversations", body: ["subject": "S", "message": "M"],
                wrongTypes: [
                    "subject": 1, "message": ["M"], "contact": "Kim", "contact.name": 1, "contact.email": 2,
                ]),
            Route(
                method: .POST, path: "/v1/conversations/\(nowhere)/messages", body: ["content": "M"],
                required: ["content"], wrongTypes: ["content": 1]),
            Route(
                method: .POST, path: "/v1/conversations/\(nowhere)/end", body: ["email": "a@shop.example"],
                wrongTypes: ["email": 1]),
            Route(
                method: .POST, path: "/v1/knowledge/articles", body: ["title": "T", "content": "C"],
                required: ["title", "content"],
                wrongTypes: ["title": 1, "content": [], "key": 1, "format": 1, "url": [:]], limitKiB: 2048),
            Route(
                method: .POST, path: "/v1/knowledge/imports",
                body: ["articles": [["title": "T", "content": "C"]]],
                required: ["articles"],
                wrongTypes: ["articles": "all", "articles[0]": 1, "articles[0].title": 2],
                limitKiB: 24 << 10),
            Route(
                method: .POST, path: "/v1/knowledge/search", body: ["query": "q"], required: ["query"],
                wrongTypes: ["query": 1, "limit": "ten"]),
            Route(
                method: .POST, path: "/v1/ai/answers", body: ["question": "q"], required: ["question"],
                wrongTypes: ["question": 1]),
        ]

        @Test(arguments: Deployment.available)
        func everyRouteSaysWhatIsWrongWithABody(_ deployment: Deployment) async throws {
            try await Site.run(deployment, limit: .seconds(120)) { site in
                let admin = try await site.admin()
                for route in Self.routes {
                    func send(_ data: Data, _ headers: [String: String] = [:]) async throws -> Reply {
                        try await admin.send(route.method, route.path, data, headers)
                    }
                    let good = try route.body.data()
                    for text in [#"{"a":"#, "{", "nonsense", " "] {
                        try await send(Data(text.utf8)).problem(
                            400, "malformed_json", comment: "\(route.path) \(text)")
                    }
                    for text in ["[]", "7", #""text""#, "true"] {
                        try await send(Data(text.utf8))
                            .problem(
                                422, "invalid_request", field: "$", fieldCode: "wrong_type",
                                comment: "\(route.path) \(text)")
                    }
                    try await send(Data("null".utf8)).problem(
                        422, "invalid_request", field: "$", comment: route.path)
                    try await send(
                        good.dropLast() + Data([UInt8(ascii: ","), 0x22, 0xFF, 0x22]) + Data(":1}".utf8)
                    )
                    .problem(400, "invalid_utf8", comment: route.path)
                    try await send(good, ["content-type": "text/plain"])
                        .problem(415, "unsupported_media_type", comment: route.path)
                    try await send(Data(repeating: UInt8(ascii: " "), count: route.limitKiB << 10 + 1))
                        .problem(413, "body_too_large", comment: route.path)
                    for field in route.required {
                        try await send(route.body.without(field).data())
                            .problem(
                                422, "invalid_request", field: field, fieldCode: "required", comment: route.path
                            )
                    }
                    for (field, value) in route.wrongTypes {
                        try await send(route.body.replacing(field, by: value).data())
                            .problem(
                                422, "invalid_request", field: field, fieldCode: "wrong_type",
                                comment: "\(route.path) \(field)")
                    }
                }
                // None of it left anything behind.
                #expect(try await admin.all("/v1/conversations?", ConversationView.self).isEmpty)
                #expect(try await admin.all("/v1/users?", AccountView.self).count == 1)
                #expect(try await admin.all("/v1/knowledge/articles?", ArticleSummary.self).isEmpty)
            }
        }

        /// A body with one value that can't be used.
        private struct WrongValue {
            let path: String
            let body: JSON
            let field: String
            let code: String

            init(_ path: String, _ body: JSON, _ field: String, _ code: String) {
                (self.path, self.body, self.field, self.code) = (path, body, field, code)
            }
        }

        private static func wrongValues(_ messages: String) -> [WrongValue] {
            func long(_ count: Int) -> JSON { .string(String(repeating: "x", count: count)) }
            let (signUp, visitor) = ("/v1/auth/signup", "/v1/auth/visitor")
            let (start, articles, search) = (
                "/v1/conversations", "/v1/knowledge/articles", "/v1/knowledge/search"
            )
            let article: JSON = ["title": "T", "content": "C"]
            return [
                WrongValue(signUp, ["email": "no address", "password": long(12)], "email", "invalid_email"),
                WrongValue(signUp, ["email": "a@b.example", "password": long(11)], "password", "too_short"),
                WrongValue(visitor, ["name": ""], "name", "required"),
                WrongValue(visitor, ["name": "a\u{7}b"], "name", "invalid_character"),
                WrongValue(visitor, ["name": "a\u{0}b"], "name", "invalid_character"),
                WrongValue(start, ["subject": long(201)], "subject", "too_long"),
                WrongValue(start, ["subject": "a\u{0}b"], "subject", "invalid_character"),
                WrongValue(start, ["message": ""], "message", "required"),
                WrongValue(start, ["message": "a\u{0}b"], "message", "invalid_character"),
                WrongValue(start, ["contact": ["name": "a\u{0}b"]], "contact.name", "invalid_character"),
                WrongValue(start, ["contact": ["email": "@"]], "contact.email", "invalid_email"),
                WrongValue(messages, ["content": ""], "content", "required"),
                WrongValue(messages, ["content": long(4001)], "content", "too_long"),
                WrongValue(messages, ["content": "a\u{0}b"], "content", "invalid_character"),
                WrongValue(articles, article.with("title", " "), "title", "required"),
                WrongValue(articles, article.with("title", "a\u{0}b"), "title", "invalid_text"),
                WrongValue(articles, article.with("content", "a\u{0}b"), "content", "invalid_text"),
                WrongValue(articles, article.with("key", "a\u{0}b"), "key", "invalid_text"),
                WrongValue(articles, article.with("format", "pdf"), "format", "invalid_value"),
                WrongValue(
                    "/v1/knowledge/imports", ["articles": .array([article, article.without("content")])],
                    "articles[1].content", "required"),
                WrongValue(search, ["query": "q", "limit": 0], "limit", "out_of_range"),
                WrongValue(search, ["query": " "], "query", "required"),
                WrongValue("/v1/ai/answers", ["question": ""], "question", "required"),
                WrongValue("/v1/ai/answers", ["question": long(4001)], "question", "too_long"),
            ]
        }

        @Test(arguments: Deployment.available)
        func valuesThatCantBeUsedAreNamed(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let admin = try await site.admin()
                let conversation = try await admin.start()
                let messages = "/v1/conversations/\(conversation.id)/messages"
                for wrong in Self.wrongValues(messages) {
                    try await admin.post(wrong.path, wrong.body)
                        .problem(
                            422, "invalid_request", field: wrong.field, fieldCode: wrong.code,
                            comment: "\(wrong.path) \(wrong.field)")
                }
                for (path, field, code) in [
                    ("?limit=0", "limit", "out_of_range"), ("?limit=101", "limit", "out_of_range"),
                    ("?limit=ten", "limit", "wrong_type"), ("?cursor=garbage", "cursor", "invalid_cursor"),
                    ("?cursor=%00", "cursor", "invalid_cursor"), ("?cursor=%FF", "cursor", "invalid_cursor"),
                ] {
                    for list in ["/v1/conversations", "/v1/users", "/v1/knowledge/articles", messages] {
                        try await admin.get(list + path)
                            .problem(
                                422, "invalid_request", field: field, fieldCode: code, comment: list + path)
                    }
                }
                try await admin.get("/v1/conversations?status=asleep")
                    .problem(422, "invalid_request", field: "status", fieldCode: "invalid_value")
                #expect(try await admin.messages(in: conversation.id).isEmpty)
                #expect(try await admin.all("/v1/conversations?", ConversationView.self).count == 1)
            }
        }

        @Test(arguments: Deployment.available)
        func whatIsntThereIsNotFoundWhateverItLooksLike(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let admin = try await site.admin()
                for path in [
                    "/v1", "/v1/nothing", "/v2/conversations", "/v1/users/me/more", "/..%2f..%2fetc/passwd",
                    "/%00",
                ] {
                    for api in [admin, site.nobody] {
                        try await api.get(path).problem(404, "route_not_found", comment: path)
                    }
                }
                for (method, path) in [
                    (HTTPMethod.DELETE, "/v1/conversations"), (.PUT, "/v1/auth/login"),
                    (.GET, "/v1/auth/login"),
                    (.POST, "/healthz"),
                ] {
                    try await admin.send(method, path, nil).problem(
                        404, "route_not_found", comment: "\(method) \(path)")
                }
                let identifiers = [
                    Self.nowhere, "x", "1", "%20", "null",
                    "'; DROP TABLE messages; --".utf8.map { "%" + String($0, radix: 16) }.joined(),
                ]
                for id in identifiers {
                    let isIdentifier = id == Self.nowhere
                    let conversation = isIdentifier ? "chat.conversation_not_found" : "route_not_found"
                    try await admin.get("/v1/conversations/\(id)").problem(404, conversation, comment: id)
                    try await admin.get("/v1/conversations/\(id)/messages").problem(
                        404, conversation, comment: id)
                    try await admin.post("/v1/conversations/\(id)/messages", ["content": "M"])
                        .problem(404, conversation, comment: id)
                    try await admin.post("/v1/conversations/\(id)/end", [:]).problem(
                        404, conversation, comment: id)
                    let article = isIdentifier ? "ai.article_not_found" : "route_not_found"
                    try await admin.get("/v1/knowledge/articles/\(id)").problem(404, article, comment: id)
                    try await admin.delete("/v1/knowledge/articles/\(id)").problem(
                        404, article, comment: id)
                    let account = isIdentifier ? "user.account_not_found" : "route_not_found"
                    try await admin.get("/v1/users/\(id)").problem(404, account, comment: id)
                    try await admin.patch("/v1/users/\(id)", ["role": "agent"]).problem(
                        404, account, comment: id)
                }
            }
        }

        @Test func requestsThatArentHTTPAreRefused() async throws {
            try await Site.run(.usual) { site in
                for text in [
                    "nonsense\r\n\r\n", "GET / HTTP/7.9\r\n\r\n", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
                    "POST /v1/auth/visitor HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                ] {
                    let socket = try RawSocket(port: site.port)
                    try socket.send(text)
                    #expect(try socket.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 400 "), "\(text)")
                }
                let socket = try RawSocket(port: site.port)
                try socket.send("GET /v1/conversations/%FF HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try socket.receive(until: "}").contains("route_not_found"))
                _ = try await site.nobody.get("/healthz").expecting(200)
            }
        }

        @Test func aRequestsOwnIdentifierComesBackWhenItIsHarmless() async throws {
            try await Site.run(.usual) { site in
                let own = try await site.nobody.get("/v1/users/me", headers: ["x-request-id": "my-request-7"])
                #expect(try own.problem(401, "auth.token_required").request_id == "my-request-7")
                for bad in ["two words", String(repeating: "x", count: 129)] {
                    let other = try await site.nobody.get("/v1/users/me", headers: ["x-request-id": bad])
                    #expect(try other.problem(401, "auth.token_required").request_id != bad)
                }
            }
        }
    }
}

extension JSON {
    /// The value at a path such as `contact.name` or `articles[0].title`; its parents are made.
    fileprivate func replacing(_ path: String, by value: JSON) -> JSON {
        if path.hasPrefix("articles[0]") {
            let rest = path.dropFirst("articles[0]".count)
            return with(
                "articles",
                [
                    rest.isEmpty
                        ? value
                        : JSON.object(["title": "T", "content": "C"]).with(String(rest.dropFirst()), value)
                ])
        }
        guard let dot = path.firstIndex(of: ".") else { return with(path, value) }
        return with(String(path[..<dot]), .object([String(path[path.index(after: dot)...]): value]))
    }
}
