import Contracts
import Logging
import Synchronization

/// One run of a ``JobRunner``.
final class JobEngine: Sendable {
    let runner: JobRunner
    let database: any Database
    let names: [String]
    let held = Mutex(HeldJobs())
    private let wakes: AsyncStream<Void>
    let waking: AsyncStream<Void>.Continuation
    private let stopped: AsyncStream<Never>
    private let stopping: AsyncStream<Never>.Continuation
    private let idle: AsyncStream<Never>
    let idling: AsyncStream<Never>.Continuation
    let isDraining = Atomic(false)

    var settings: JobRunner.Settings { runner.settings }

    init(runner: JobRunner) {
        self.runner = runner
        database = runner.queue.database
        names = runner.table.handlers.keys.sorted()
        (wakes, waking) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (stopped, stopping) = AsyncStream.makeStream(of: Never.self)
        (idle, idling) = AsyncStream.makeStream(of: Never.self)
    }

    func stop() {
        stopping.finish()
    }

    /// Returns when stopped and drained.
    func run() async {
        let listener = runner.queue.bell.listen { [self] in lookAgain() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepExchanging() }
            group.addTask { await self.keepAlive() }
            group.addTask { await self.keepLooking() }
            for await _ in stopped {}
            group.cancelAll()
        }
        runner.queue.bell.stopListening(listener)
        await drain()
    }

    func lookAgain() {
        held.withLock { $0.noteReady() }
        waking.yield()
    }

    // MARK: Reporting and claiming

    private func keepExchanging() async {
        for await _ in wakes {
            var failures = 0
            while !Task.isCancelled {
                do {
                    guard try await exchange() else { break }
                    failures = 0
                } catch {
                    failures += 1
                    await rest(after: failures, error)
                }
            }
        }
    }

    /// - Returns: Whether anything was done: then there may be more.
    private func exchange() async throws -> Bool {
        let request = held.withLock {
            $0.nextRequest(concurrency: settings.concurrency, maximumHeld: settings.maximumHeld)
        }
        guard let request else { return false }
        do {
            let claimed = try await database.transaction { [names, runner] in
                try $0.exchange(request, runner, names: names)
            }
            held.withLock { held in
                held.succeeded(request, claimed: claimed)
                held.fillSlots(concurrency: settings.concurrency) { slot in Task { await self.work(slot) } }
            }
            return true
        } catch {
            held.withLock { $0.failed(request) }
            throw error
        }
    }

    func rest(after failures: Int, _ error: any Error) async {
        runner.logger.debug("Jobs wait", metadata: ["error.message": "\(error)"])
        try? await runner.sleep(runner.backoff(after: failures))
    }

    // MARK: Draining

    private func drain() async {
        isDraining.store(true, ordering: .sequentiallyConsistent)
        let (worker, isIdle) = held.withLock { held in
            held.stopTaking()
            return (held.worker, held.isIdle)
        }
        guard let worker else { return }
        if !isIdle {
            // What fails here is told again below.
            try? await report()
            await waitUntilIdle()
        }
        // First the handlers, then their leases: somebody else may begin at once.
        for task in held.withLock({ $0.cutOff() }) { task.cancel() }
        do {
            try await report(leaving: worker)
        } catch {
            runner.logger.notice(
                "Jobs not given back; they go to others when the lease has run out",
                metadata: ["error.message": "\(error)"])
        }
    }

    private func report(leaving worker: Int64? = nil) async throws {
        let reports = held.withLock { $0.takeReports() }
        do {
            try await Deadline.enforce(Deadline(in: .seconds(5))) { [database] in
                try await database.transaction { transaction in
                    try transaction.apply(reports)
                    if let worker { try transaction.leave(worker) }
                }
            }
        } catch {
            held.withLock { $0.putBack(reports) }
            throw error
        }
    }

    private func waitUntilIdle() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.idle {} }
            group.addTask { try? await self.runner.sleep(self.settings.drainTime) }
            await group.next()
            group.cancelAll()
        }
    }
}
