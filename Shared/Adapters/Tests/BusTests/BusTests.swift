import ContractsTesting
import Testing

/// One after another: what they promise within a time, they can't promise while all others run.
@Suite(.serialized, .timeLimit(.minutes(2))) struct BusTests {
    @Test(arguments: BusRig.all, BusConformance.checks)
    func everyTransportConforms(rig: BusRig, check: Check<BusRig>) async throws {
        try await check(rig)
    }
}
