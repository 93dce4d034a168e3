import Logging

extension HandlerTable {
    /// Hands recorded events to this service's reactions, one after another, until one fails.
    ///
    /// An event that nobody here reacts to counts as delivered: a service may stop reacting to something
    /// while older events are still on their way.
    public func deliver(_ events: [EventEnvelope], timeout: Duration, logger: Logger) async -> DeliveryReport {
        for (index, envelope) in events.enumerated() {
            guard let reaction = reactions[envelope.name] else { continue }
            var context = MessageContext(
                principal: .service(service), requestID: envelope.requestID, traceparent: envelope.traceparent
            )
            context.deadline = Deadline(in: timeout)
            do {
                try await Deadline.enforce(context.deadline) { [context] in
                    try await reaction(envelope, context)
                }
            } catch {
                let failure = ServiceError(describing: error)
                if failure.kind == .internal {
                    logger.logInternal(error, during: envelope.name, context)
                }
                return DeliveryReport(delivered: index, failure: failure)
            }
        }
        return DeliveryReport(delivered: events.count)
    }
}

extension Logger {
    /// The cause of a failure that its caller learns only as `.internal`.
    public func logInternal(_ error: any Error, during message: String, _ context: MessageContext) {
        self.error(
            "Handler failed",
            metadata: [
                "frontdesk.message": "\(message)", "frontdesk.request.id": "\(context.requestID)",
                "error.type": "\(type(of: error))", "error.message": "\(error)",
            ])
    }
}
