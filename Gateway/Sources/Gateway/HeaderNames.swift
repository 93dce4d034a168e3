import HTTPTypes

extension HTTPField.Name {
    // Why: each is a valid field name, known at compile time.
    static let requestID = HTTPField.Name("X-Request-ID")!
    // Why: as above.
    static let traceparent = HTTPField.Name("traceparent")!
    // Why: as above.
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    // Why: as above.
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
