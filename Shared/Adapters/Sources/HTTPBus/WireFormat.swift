import Contracts
import FoundationEssentials
import HTTPTypes
import NIOCore

/// What both ends of the HTTP bus agree on.
enum WireFormat {
    /// A message, an answer or one element of a stream may be this large.
    static let maximumBodyBytes = 32 << 20
    /// An idle stream sends an empty line this often, so that either end notices when the other is gone.
    static let heartbeatInterval = Duration.seconds(10)

    static let signals = "signals"
    static let deliveries = "deliveries"
    static let subscriptions = "subscriptions"
}

/// One line of a stream: an element, or how it ended. A stream that breaks off has no end.
struct StreamLine<Element: Decodable>: Decodable {
    let element: Element?
    let error: ServiceError?
    let end: Bool?
}

/// One signal among those of a batch.
struct WireSignal: Codable, Sendable {
    let name: String
    let principal: Principal
    let requestID: String
    /// The signal in JSON.
    let payload: String
}

extension ServiceError.Kind {
    /// The status of the answer; the body says the rest.
    var httpStatus: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .invalid: .unprocessableContent
        case .upgradeRequired: .upgradeRequired
        case .rateLimited: .tooManyRequests
        case .cancelled, .internal: .internalServerError
        case .unavailable: .serviceUnavailable
        case .deadlineExceeded: .gatewayTimeout
        }
    }
}
