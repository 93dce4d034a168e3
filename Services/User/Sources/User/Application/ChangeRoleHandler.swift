import Contracts

struct ChangeRoleHandler: Sendable {
    let accounts: any AccountRepository

    func callAsFunction(_ command: ChangeRole, _ context: MessageContext) async throws -> AccountView {
        try context.require(.manageAccounts)
        let administrator = context.principal.id
        return try await accounts.change(command.accountID, context) { account, administrators in
            try account.changeRole(to: command.role, by: administrator, among: administrators)
            return account.view
        }
    }
}
