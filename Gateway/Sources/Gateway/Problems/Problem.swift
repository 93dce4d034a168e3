import Contracts

/// An error as clients see it: problem details for HTTP APIs (RFC 9457).
struct Problem: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let code: String
    let requestID: String
    let errors: [Field]

    struct Field: Encodable {
        let field: String
        let code: String
        let message: String
    }

    init(_ error: ServiceError, requestID: String) {
        type = "urn:frontdesk:problem:\(error.code)"
        title = error.kind.title
        status = error.kind.status
        detail = error.message
        code = error.code
        self.requestID = requestID
        errors = error.fields.map { Field(field: $0.field, code: $0.code, message: $0.message) }
    }

    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code, errors
        case requestID = "request_id"
    }
}

extension ServiceError.Kind {
    var status: Int {
        switch self {
        case .malformed: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .invalid: 422
        case .upgradeRequired: 426
        case .rateLimited: 429
        case .cancelled: 499
        case .internal: 500
        case .unavailable: 503
        case .deadlineExceeded: 504
        }
    }

    fileprivate var title: String {
        switch self {
        case .malformed: "Unreadable request"
        case .unauthenticated: "Sign-in needed"
        case .forbidden: "Not allowed"
        case .notFound: "Not found"
        case .conflict: "Conflict"
        case .tooLarge: "Too large"
        case .unsupportedMediaType: "Unsupported format"
        case .invalid: "Invalid value"
        case .upgradeRequired: "WebSocket needed"
        case .rateLimited: "Too many requests"
        case .cancelled: "Cancelled"
        case .internal: "Internal error"
        case .unavailable: "Temporarily unavailable"
        case .deadlineExceeded: "Took too long"
        }
    }
}
