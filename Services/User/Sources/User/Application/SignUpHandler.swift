import Contracts

struct SignUpHandler: Sendable {
    let accounts: any AccountRepository
    let passwordHasher: any PasswordHasher
    let platform: Platform

    func callAsFunction(_ command: SignUp, _ context: MessageContext) async throws -> AccountView {
        let password = try Password(command.password, of: command.email)
        let name = try command.name.map { text throws in try DisplayName(text) }
        // Before the expensive part; whoever comes at the same moment is caught when it is added.
        guard try await accounts.account(of: command.email) == nil else { throw ServiceError.emailTaken }
        let account = Account.open(
            AccountID(platform.makeUUID()), email: command.email, name: name, role: .customer,
            passwordHash: try await passwordHasher.hash(password.text), at: platform.now())
        try await accounts.add(account, context)
        return account.view
    }
}
