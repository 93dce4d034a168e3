import Contracts
import Logging

struct RefreshTokensHandler: Sendable {
    let accounts: any AccountRepository
    let sessions: any SessionRepository
    let tokens: TokenIssuer
    let secrets: Secrets
    let platform: Platform

    func callAsFunction(_ command: RefreshTokens, _ context: MessageContext) async throws -> TokenGrant {
        guard let presented = secrets.fingerprint(ofRefreshToken: command.refreshToken) else {
            throw ServiceError.refreshTokenInvalid
        }
        let next = secrets.makeRefreshToken()
        let nextFingerprint = secrets.fingerprint(of: next)
        let now = platform.now()
        // The outcome comes back as a value: thrown, it would undo the end of the session.
        let outcome = try await sessions.change(holding: presented) { session in
            (session.accountID, session.renew(presenting: presented, next: nextFingerprint, at: now))
        }
        switch outcome {
        case (let id, .renewed)?:
            guard let account = try await accounts.account(id) else { throw ServiceError.refreshTokenInvalid }
            return try await tokens.grant(to: account, refreshToken: next)
        case (let id, .reused)?:
            platform.logger.warning(
                "Refresh token reused, session ended", metadata: ["user.account.id": "\(id)"])
            throw ServiceError.refreshTokenReused
        case (_, .expired)?, nil:
            throw ServiceError.refreshTokenInvalid
        }
    }
}
