import Contracts

struct AccountListHandler: Sendable {
    let accounts: any AccountRepository

    func callAsFunction(_ query: AccountList, _ context: MessageContext) async throws -> Page<AccountView> {
        try context.require(.manageAccounts)
        let last = try query.page.cursor.map { cursor throws(ServiceError) in try PagePosition(cursor: cursor) }
        let found = try await accounts.newest(query.page.limit + 1, after: last)
        return Page(found, limit: query.page.limit) {
            PagePosition(instant: $0.createdAt, id: $0.id.rawValue).cursor
        }
    }
}
