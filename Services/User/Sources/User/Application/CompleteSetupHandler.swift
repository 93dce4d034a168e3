import Contracts

struct CompleteSetupHandler: Sendable {
    let setup: any SetupRepository
    let passwordHasher: any PasswordHasher
    let tokens: TokenIssuer
    let secrets: Secrets

    func callAsFunction(_ command: CompleteSetup, _ context: MessageContext) async throws -> TokenGrant {
        let presented = secrets.fingerprint(of: command.token)
        // Looked at before the expensive part, and again when it is used up.
        let invitee = try await setup.setup().invitee(presenting: presented)
        let password = try Password(command.password, of: invitee.email)
        let hash = try await passwordHasher.hash(password.text)
        let administrator = try await setup.change(context) { setup in
            try setup.accept(presenting: presented, passwordHash: hash)
        }
        return try await tokens.openSession(for: administrator)
    }
}
