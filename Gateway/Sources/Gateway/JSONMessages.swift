import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

extension Hummingbird.Request {
    /// Bodies of most routes: far above the longest message.
    static let defaultBodyLimit = 256 << 10

    /// The body as `Value`. An empty body counts as `{}`, so routes without required fields take it.
    /// - Throws: `.unsupportedMediaType`, `.tooLarge`, `.malformed`, or `.invalid` naming the field.
    func decode<Value: Decodable>(_: Value.Type, limit: Int = defaultBodyLimit) async throws -> Value {
        try require(mediaType: "application/json")
        let data = try await bytes(limit: limit)
        if data.isEmpty { return try Self.decode(Value.self, from: Data("{}".utf8)) }
        return try Self.decode(Value.self, from: data)
    }

    /// - Throws: `.malformed`, or `.invalid` naming the field.
    static func decode<Value: Decodable>(_: Value.Type, from json: Data) throws -> Value {
        guard JSONGrammar.accepts(json) else { throw ServiceError.malformedJSON }
        do {
            return try JSONDecoder().decode(Value.self, from: json)
        } catch let error as DecodingError {
            throw ServiceError(error)
        }
    }

    /// The body, checked to be UTF-8 (RFC 8259, section 8.1).
    func bytes(limit: Int) async throws -> Data {
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw ServiceError(
                .tooLarge, code: "body_too_large",
                "The body may have at most \(limit >> 10) KiB. Send it in parts.")
        }
        guard buffer.readableBytesView.withContiguousStorageIfAvailable({ isUTF8($0) }) ?? true else {
            throw ServiceError(.malformed, code: "invalid_utf8", "The body isn't UTF-8.")
        }
        return Data(buffer: buffer)
    }

    func require(mediaType expected: String) throws(ServiceError) {
        // Clients that send no type are taken at their word.
        guard let header = headers[.contentType] else { return }
        let mediaType = header.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard mediaType == expected else {
            throw ServiceError(
                .unsupportedMediaType, code: "unsupported_media_type", "Send the body as \(expected).")
        }
    }

    /// The page that the query asks for.
    var page: PageRequest {
        get throws(ServiceError) {
            let limit = try uri.queryParameters["limit"].map { text throws(ServiceError) in
                guard let limit = Int(text) else {
                    throw .invalid(field: "limit", code: "wrong_type", "The limit must be a whole number.")
                }
                return limit
            }
            return try PageRequest(
                limit: limit ?? PageRequest.defaultLimit,
                cursor: uri.queryParameters["cursor"].map { String($0) })
        }
    }
}

private func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
}

extension Response {
    /// `value` in JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(data: try encoder.encode(value))))
    }

    static func problem(_ error: ServiceError, requestID: String) -> Response {
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if error.kind == .unauthenticated { headers[.wwwAuthenticate] = "Bearer" }
        if let seconds = error.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        let body = (try? JSONEncoder().encode(Problem(error, requestID: requestID))) ?? Data()
        return Response(
            status: .init(code: error.kind.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(data: body)))
    }
}
