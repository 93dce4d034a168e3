import Contracts
import ContractsTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct DeadlineTests {
    @Test func resultAndErrorComeBack() async throws {
        for deadline in [nil, later] {
            let answer = try await Deadline.enforce(deadline) { 7 }
            #expect(answer == 7)
            await #expect(throws: ServiceError.internal) {
                try await Deadline.enforce(deadline) { throw ServiceError.internal }
            }
        }
    }

    @Test func nothingBeginsAfterTheDeadline() async {
        let calls = Record<Int>()
        await #expect(throws: ServiceError.deadlineExceeded) {
            try await Deadline.enforce(Deadline(in: .zero)) { calls.append(1) }
        }
        #expect(calls.items.isEmpty)
    }

    @Test func whatTakesTooLongIsCancelled() async throws {
        let cancelled = Gate()
        await #expect(throws: ServiceError.deadlineExceeded) {
            try await Deadline.enforce(Deadline(in: .milliseconds(20))) {
                try await cancelled.openWhenCancelled()
            }
        }
        try await cancelled.wait()
    }

    @Test func callersCancellationIsNoDeadline() async throws {
        let (started, cancelled) = (Gate(), Gate())
        let task = Task {
            try await Deadline.enforce(later) {
                started.open()
                try await cancelled.openWhenCancelled()
            }
        }
        try await started.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await cancelled.wait()
    }

    // A watcher would put the operation into a task of its own.
    @Test func laterDeadlineFurtherInIsNotWatched() async throws {
        try await Deadline.enforce(later) {
            let outside = currentTask()
            for deadline in [nil, later, Deadline(later.instant + .seconds(1))] {
                let inside = try await Deadline.enforce(deadline) { currentTask() }
                #expect(inside == outside)
            }
        }
        let outside = currentTask()
        let inside = try await Deadline.enforce(later) { currentTask() }
        #expect(inside != outside)
    }

    @Test func nearerDeadlineFurtherInIsWatched() async throws {
        try await Deadline.enforce(later) {
            let error = await failure {
                try await Deadline.enforce(Deadline(in: .milliseconds(20))) { try await Gate().wait() }
            }
            #expect(error == .deadlineExceeded)
        }
    }

    @Test func outerDeadlineEndsWhatHasALaterOne() async throws {
        await #expect(throws: ServiceError.deadlineExceeded) {
            try await Deadline.enforce(Deadline(in: .milliseconds(20))) {
                try await Deadline.enforce(later) { try await Gate().wait() }
            }
        }
    }

    @Test func timeoutNeverExtendsADeadline() throws {
        let near = Deadline(in: .seconds(1))
        #expect(MessageContext.sample(deadline: near).withTimeout(.seconds(60)).deadline == near)
        let nearer = try #require(MessageContext.sample(deadline: later).withTimeout(.seconds(1)).deadline)
        #expect(nearer < later)
        let new = try #require(MessageContext.sample().withTimeout(.seconds(1)).deadline)
        #expect(new.remaining <= .seconds(1))
    }

    @Test func serviceCarriesOnWithoutTheCallersKey() {
        let context = MessageContext.sample(idempotencyKey: "key", deadline: later).acting(as: .ai)
        #expect(context.principal == .service(.ai))
        #expect(context.idempotencyKey == nil)
        #expect(context.deadline == later)
        #expect(context.requestID == "test-request")
    }
}

private let later = Deadline(in: .seconds(60))

private func currentTask() -> Int? {
    withUnsafeCurrentTask { $0?.hashValue }
}
