import ContractsTesting
import Testing

/// One after another: their time is a test's own, but their databases share a machine.
@Suite(.serialized, .timeLimit(.minutes(5))) struct JobQueueTests {
    @Test(arguments: [JobQueueRig.sqlite], JobQueueConformance.checks)
    func everyJobQueueConforms(rig: JobQueueRig, check: Check<JobQueueRig>) async throws {
        try await check(rig)
    }

    @Test(withPostgres, arguments: [JobQueueRig.postgres], JobQueueConformance.checks)
    func everyJobQueueConformsOnAServer(rig: JobQueueRig, check: Check<JobQueueRig>) async throws {
        try await check(rig)
    }
}
