import Contracts
import Hummingbird
import Logging

/// What accompanies one HTTP request on its way through the routes.
struct EdgeContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set before anything else; the client reads it in `X-Request-ID`.
    var requestID = ""
    var principal = Principal.anonymous

    /// How long a client waits for an answer, unless the route says otherwise.
    private static let timeout = Duration.seconds(15)

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }

    /// The context in which this request speaks to the services.
    func message(for request: Hummingbird.Request, timeout: Duration = timeout) throws(ServiceError)
        -> MessageContext
    {
        MessageContext(
            principal: principal, requestID: requestID, traceparent: request.traceparent,
            deadline: Deadline(in: timeout), idempotencyKey: try request.idempotencyKey,
            locale: request.headers[.acceptLanguage].map {
                String($0.prefix { $0 != "," && $0 != ";" }.prefix(35))
            })
    }

    /// An identifier in the path.
    /// - Throws: `.notFound`: what isn't an identifier names nothing.
    func identifier<Subject>(_ name: String = "id") throws(ServiceError) -> Identifier<Subject> {
        guard let text = parameters.get(name), let identifier = Identifier<Subject>(text) else {
            throw .routeNotFound
        }
        return identifier
    }
}

extension Hummingbird.Request {
    /// W3C Trace Context, section 3.2: version, trace, parent, flags.
    fileprivate var traceparent: String? {
        guard let header = headers[.traceparent], header.utf8.count == 55,
            header.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || Character(.init($0)).isHexDigit })
        else { return nil }
        return header
    }

    fileprivate var idempotencyKey: String? {
        get throws(ServiceError) {
            guard let key = headers[.idempotencyKey] else { return nil }
            guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .invalid(
                    field: "Idempotency-Key", code: "invalid_value",
                    "An Idempotency-Key has 1 to 255 visible ASCII characters; a UUID is a good one.")
            }
            return key
        }
    }
}

extension ServiceError {
    static let routeNotFound = ServiceError(
        .notFound, code: "route_not_found",
        "There is nothing at this address with this method. The README lists what there is."
    )
}
