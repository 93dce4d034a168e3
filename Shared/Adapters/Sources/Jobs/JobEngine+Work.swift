import Contracts
import Logging
import Synchronization

extension JobEngine {
    /// Does one job after another until none waits here.
    func work(_ slot: Int) async {
        while let job = held.withLock({ $0.next(for: slot) }) {
            let report = await perform(job)
            if held.withLock({ $0.finish(report) }) {
                waking.yield()
            } else {
                runner.logger.notice("Lease lost", metadata: job.metadata)
            }
        }
        if isDraining.load(ordering: .acquiring), held.withLock({ $0.isIdle }) { idling.finish() }
    }

    private func perform(_ job: ClaimedJob) async -> JobReport {
        guard let handler = runner.table.handlers[job.name] else {
            return JobReport(lease: job.lease, outcome: .givenBack)
        }
        var context = MessageContext(
            principal: .service(runner.table.service), requestID: job.requestID, traceparent: job.traceparent)
        context.deadline = Deadline(in: handler.timeLimit)
        do {
            try await Deadline.enforce(context.deadline) { [context] in
                try await handler.run(job.payload, job.lease, context)
            }
            return JobReport(lease: job.lease, outcome: .done)
        } catch {
            // Cancelled by us: the process shuts down, or the lease is lost.
            if Task.isCancelled { return JobReport(lease: job.lease, outcome: .givenBack) }
            return JobReport(lease: job.lease, outcome: outcome(of: error, job, handler.retries, context))
        }
    }

    private func outcome(
        of error: any Error, _ job: ClaimedJob, _ retries: JobRetries, _ context: MessageContext
    ) -> JobReport.Outcome {
        let failure = ServiceError(describing: error)
        if failure.kind == .internal { runner.logger.logInternal(error, during: job.name, context) }
        var metadata = job.metadata
        metadata["error.code"] = "\(failure.code)"
        guard failure.isTransient, job.lease.attempt < retries.maximumAttempts else {
            runner.logger.error("Job set aside", metadata: metadata)
            return .died(failure, at: runner.now())
        }
        runner.logger.info("Job failed and will be tried again", metadata: metadata)
        let time = runner.now()
        let delay = retries.delay(after: job.lease.attempt, random: runner.random())
        return .failed(failure, at: time, retryAt: time + delay)
    }
}

extension ClaimedJob {
    fileprivate var metadata: Logger.Metadata {
        [
            "jobs.number": "\(lease.number)", "jobs.name": "\(name)", "jobs.attempt": "\(lease.attempt)",
            "frontdesk.request.id": "\(requestID)",
        ]
    }
}
