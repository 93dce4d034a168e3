import AsyncHTTPClient
import Contracts
import FoundationEssentials
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Testing

/// A Frontdesk that listens on loopback.
struct Host: Sendable {
    let port: Int

    var nobody: API { API(host: self, token: nil) }

    func visitor(_ name: String? = nil) async throws -> API {
        let body: JSON = name.map { ["name": .string($0)] } ?? [:]
        return try await nobody.post("/v1/auth/visitor", body).api(on: self)
    }

    func admin() async throws -> API {
        try await logIn(Site.adminEmail, Site.adminPassword).api(on: self)
    }

    func logIn(_ email: String, _ password: String) async throws -> Reply {
        try await nobody.post("/v1/auth/login", ["email": .string(email), "password": .string(password)])
    }
}

/// The public API, as whoever the token names.
struct API: Sendable {
    let host: Host
    let token: String?

    private static let timeout = TimeAmount.seconds(30)

    /// Never repeats anything by itself: a test wants to see what happened to its request.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Reply {
        try await send(.GET, path, nil, headers)
    }

    func post(_ path: String, _ body: JSON, headers: [String: String] = [:]) async throws -> Reply {
        try await send(.POST, path, body.data(), headers)
    }

    func delete(_ path: String) async throws -> Reply {
        try await send(.DELETE, path, nil)
    }

    func patch(_ path: String, _ body: JSON) async throws -> Reply {
        try await send(.PATCH, path, body.data(), [:])
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ body: Data?, _ headers: [String: String] = [:]
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(host.port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            request.body = .bytes(ByteBuffer(data: body))
            request.headers.add(name: "content-type", value: "application/json")
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let response = try await Self.client.execute(request, timeout: Self.timeout)
        let content = try await response.body.collect(upTo: 64 << 20)
        return Reply(status: Int(response.status.code), headers: response.headers, body: Data(buffer: content))
    }
}

/// What came back.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: Data

    func header(_ name: String) -> String? { headers.first(name: name) }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// - Throws: When the status is another, with what came instead.
    func expecting(_ status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws -> Reply {
        try #require(self.status == status, "\(text.prefix(500))", sourceLocation: sourceLocation)
        return self
    }

    /// The body of a success.
    func decoded<Value: Decodable>(
        _: Value.Type = Value.self, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Value {
        try #require(
            (200...299).contains(status), "\(status): \(text.prefix(500))", sourceLocation: sourceLocation)
        return try JSONDecoder().decode(Value.self, from: body)
    }

    /// As whom the granted token speaks.
    func api(on host: Host) throws -> API {
        API(host: host, token: try decoded(TokenGrant.self).accessToken)
    }

    /// The problem document, checked to be a proper one.
    @discardableResult
    func problem(
        _ status: Int, _ code: String, field: String? = nil, fieldCode: String? = nil, comment: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ProblemDocument {
        let note = "\(comment) \(self.status) \(text.prefix(500))"
        try #require(self.status == status, "\(note)", sourceLocation: sourceLocation)
        try #require(
            headers.first(name: "content-type") == "application/problem+json", "\(note)",
            sourceLocation: sourceLocation)
        let problem = try JSONDecoder().decode(ProblemDocument.self, from: body)
        #expect(problem.code == code, "\(note)", sourceLocation: sourceLocation)
        #expect(problem.status == status, "\(note)", sourceLocation: sourceLocation)
        #expect(
            problem.type == "urn:frontdesk:problem:\(problem.code)", "\(note)", sourceLocation: sourceLocation)
        #expect(!problem.title.isEmpty && !problem.detail.isEmpty, "\(note)", sourceLocation: sourceLocation)
        #expect(
            problem.request_id == headers.first(name: "x-request-id") && !problem.request_id.isEmpty, "\(note)",
            sourceLocation: sourceLocation)
        if let field {
            #expect(problem.errors.map(\.field).contains(field), "\(note)", sourceLocation: sourceLocation)
        }
        if let fieldCode {
            #expect(problem.errors.map(\.code).contains(fieldCode), "\(note)", sourceLocation: sourceLocation)
        }
        return problem
    }
}

/// RFC 9457, as a client reads it.
struct ProblemDocument: Decodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let code: String
    let request_id: String
    let errors: [Field]

    struct Field: Decodable {
        let field: String
        let code: String
        let message: String
    }
}
