import Contracts

extension ServiceError {
    /// What is wrong with a body, naming the field: `contact.email`, `articles[3].title`.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            let field = fieldName(context.codingPath + [key])
            self = .invalid(field: field, code: "required", "The field \(field) is missing.")
        case .valueNotFound(let type, let context):
            let field = fieldName(context.codingPath)
            self = .invalid(
                field: field, code: "required", "The field \(field) is null; give \(description(of: type)).")
        case .typeMismatch(let type, let context):
            let field = fieldName(context.codingPath)
            self = .invalid(
                field: field, code: "wrong_type", "The field \(field) must be \(description(of: type)).")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self = .malformedJSON
        case .dataCorrupted(let context):
            let field = fieldName(context.codingPath)
            self = .invalid(
                field: field, code: "invalid_value",
                "The field \(field) has a value that can't be used. \(context.debugDescription)")
        @unknown default:
            self = .malformedJSON
        }
    }

    static let malformedJSON = ServiceError(
        .malformed, code: "malformed_json", "The body isn't JSON (RFC 8259). Send a JSON object in UTF-8."
    )
}

private func fieldName(_ path: [any CodingKey]) -> String {
    let name = path.reduce(into: "") { name, key in
        if let index = key.intValue {
            name += "[\(index)]"
        } else {
            name += name.isEmpty ? key.stringValue : ".\(key.stringValue)"
        }
    }
    // RFC 9535 calls the whole document so.
    return name.isEmpty ? "$" : name
}

private func description(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is [Any].Type: "an array"
    default: "an object"
    }
}
