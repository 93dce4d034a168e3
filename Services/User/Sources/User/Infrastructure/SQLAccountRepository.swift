import Contracts

struct SQLAccountRepository: AccountRepository {
    let database: any Database
    let unitOfWork: any UnitOfWork

    func add(_ account: Account, _ context: MessageContext) async throws {
        try await unitOfWork.commit(context) { try account.insert(in: $0) }
    }

    func account(_ id: AccountID) async throws -> Account? {
        try await database.read { try Account.load(id, in: $0) }
    }

    func account(of email: Email) async throws -> Account? {
        let rows = try await database.query(
            "SELECT \(Account.columns) FROM accounts WHERE email_key = \(email.comparisonKey)")
        return try rows.first.map(Account.init)
    }

    func change<Result: Sendable>(
        _ id: AccountID, _ context: MessageContext,
        _ verb: @escaping @Sendable (inout Account, _ administrators: Int) throws -> Result
    ) async throws -> Result {
        try await unitOfWork.commit(context) { transaction in
            try transaction.takeTurnOverAdministrators()
            guard var account = try Account.load(id, in: transaction) else {
                throw ServiceError.accountNotFound
            }
            let administrators = try transaction.first(
                "SELECT count(*) AS administrators FROM accounts WHERE role = 'admin'")
            let result = try verb(&account, administrators?.value("administrators") ?? 0)
            try account.update(in: transaction)
            return result
        }
    }

    func newest(_ count: Int, after last: PagePosition?) async throws -> [AccountView] {
        let older: SQL =
            last.map { "WHERE (created_at, id) < (\($0.instant), \($0.id))" } ?? ""
        return try await database.query(
            """
            SELECT id, email, name, role, created_at FROM accounts \(older)
            ORDER BY created_at DESC, id DESC LIMIT \(count)
            """
        ).map { row in
            AccountView(
                id: try row.value("id"), email: try row.value("email"), name: try row.value("name"),
                role: try row.role(), createdAt: try row.value("created_at"))
        }
    }
}
