import Contracts

struct LogOutHandler: Sendable {
    let sessions: any SessionRepository
    let secrets: Secrets

    func callAsFunction(_ command: LogOut, _ context: MessageContext) async throws -> Done {
        if let fingerprint = secrets.fingerprint(ofRefreshToken: command.refreshToken) {
            _ = try await sessions.change(holding: fingerprint) { $0.end() }
        }
        return Done()
    }
}
