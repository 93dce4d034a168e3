import Contracts

struct AccountProfileHandler: Sendable {
    let accounts: any AccountRepository

    func callAsFunction(_ query: AccountProfile, _ context: MessageContext) async throws -> AccountView {
        if context.principal.id != query.id, !context.principal.role.permissions.contains(.manageAccounts) {
            _ = try context.requireAccount()
            throw ServiceError.accountNotFound
        }
        guard let account = try await accounts.account(query.id) else { throw ServiceError.accountNotFound }
        return account.view
    }
}
