import Contracts

/// ``Deliveries`` in the table of that name.
struct SQLDeliveries: Deliveries {
    let database: any Database
    let unitOfWork: any UnitOfWork
    let jobQueue: any JobQueue
    let now: @Sendable () -> Instant

    func open(
        _ kind: DeliveryKind, for event: EventEnvelope, to recipient: Email, by job: some QueuedJob,
        _ context: MessageContext
    ) async throws {
        let time = now()
        try await unitOfWork.react(to: event, context) { transaction in
            try transaction.execute(
                """
                INSERT INTO deliveries (event_id, kind, status, recipient, created_at)
                VALUES (\(event.id), \(kind), \(DeliveryStatus.pending), \(recipient), \(time))
                ON CONFLICT (event_id, kind) DO NOTHING
                """)
            try jobQueue.enqueue(job, JobOrder(), context, in: transaction)
        }
    }

    func recipient(of kind: DeliveryKind, for event: EventID) async throws -> Email? {
        try await database.query(
            "SELECT recipient FROM deliveries WHERE event_id = \(event) AND kind = \(kind)"
        ).first?.value("recipient", as: Email?.self)
    }

    func close(
        _ kind: DeliveryKind, for event: EventID, as outcome: DeliveryOutcome, ending lease: JobLease,
        _ context: MessageContext
    ) async throws {
        let time = now()
        try await unitOfWork.commit(context) { transaction in
            switch outcome {
            case .sent:
                try transaction.execute(
                    """
                    UPDATE deliveries SET status = \(DeliveryStatus.sent), recipient = NULL, sent_at = \(time)
                    WHERE event_id = \(event) AND kind = \(kind)
                    """)
            case .failed(let reason):
                try transaction.execute(
                    """
                    UPDATE deliveries SET status = \(DeliveryStatus.failed), recipient = NULL, reason = \(reason)
                    WHERE event_id = \(event) AND kind = \(kind)
                    """)
            }
            try jobQueue.complete(lease, in: transaction)
        }
    }
}

extension DeliveryKind: SQLConvertible {}
extension DeliveryStatus: SQLConvertible {}
