import Contracts

/// Does the same work and gives the same answer for an address without an account, an account without a
/// password and a wrong password.
struct LogInHandler: Sendable {
    let accounts: any AccountRepository
    let passwordHasher: any PasswordHasher
    let tokens: TokenIssuer

    func callAsFunction(_ command: LogIn, _ context: MessageContext) async throws -> TokenGrant {
        guard command.password.utf8.count <= Password.maximumBytes else { throw ServiceError.wrongCredentials }
        let account = try await accounts.account(of: command.email)
        let isRight = try await passwordHasher.verify(command.password, against: account?.passwordHash)
        guard isRight, let account else { throw ServiceError.wrongCredentials }
        return try await tokens.openSession(for: account)
    }
}
