import Contracts

/// ``Deliveries`` in the table of that name.
struct SQLDeliveries: Deliveries {
    let unitOfWork: any UnitOfWork
    let now: @Sendable () -> Instant

    func open(
        _ kind: DeliveryKind, for event: EventEnvelope, to recipient: Email, _ context: MessageContext
    ) async throws -> DeliveryStatus {
        let time = now()
        return try await unitOfWork.commit(context) { transaction in
            try transaction.execute(
                """
                INSERT INTO deliveries (event_id, kind, status, recipient, created_at)
                VALUES (\(event.id), \(kind), \(DeliveryStatus.pending), \(recipient), \(time))
                ON CONFLICT (event_id, kind) DO NOTHING
                """)
            let row = try transaction.first(
                "SELECT status FROM deliveries WHERE event_id = \(event.id) AND kind = \(kind)")
            guard let row else { throw ServiceError.internal }
            return try row.value("status")
        }
    }

    func close(
        _ kind: DeliveryKind, for event: EventEnvelope, as outcome: DeliveryOutcome, _ context: MessageContext
    ) async throws {
        let time = now()
        try await unitOfWork.react(to: event, context) { transaction in
            switch outcome {
            case .sent:
                try transaction.execute(
                    """
                    UPDATE deliveries SET status = \(DeliveryStatus.sent), recipient = NULL, sent_at = \(time)
                    WHERE event_id = \(event.id) AND kind = \(kind)
                    """)
            case .failed(let reason):
                try transaction.execute(
                    """
                    UPDATE deliveries SET status = \(DeliveryStatus.failed), recipient = NULL, reason = \(reason)
                    WHERE event_id = \(event.id) AND kind = \(kind)
                    """)
            }
        }
    }
}

extension DeliveryKind: SQLConvertible {}
extension DeliveryStatus: SQLConvertible {}
