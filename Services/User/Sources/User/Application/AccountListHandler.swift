import Contracts

struct AccountListHandler: Sendable {
    let accounts: any AccountRepository

    func callAsFunction(_ query: AccountList, _ context: MessageContext) async throws -> Page<AccountView> {
        try context.require(.manageAccounts)
        let cursor = try query.page.cursor.map { text throws in try AccountCursor(text) }
        // One more than asked for tells whether there is another page.
        let found = try await accounts.newest(query.page.limit + 1, after: cursor)
        let page = Array(found.prefix(query.page.limit))
        let isLast = found.count == page.count
        let end = page.last.map { AccountCursor(createdAt: $0.createdAt, id: $0.id).text }
        return Page(data: page, nextCursor: isLast ? nil : end)
    }
}
