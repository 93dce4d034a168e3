import Contracts

struct SQLSetupRepository: SetupRepository {
    let database: any Database
    let unitOfWork: any UnitOfWork

    func setup() async throws -> Setup {
        try await database.read { Setup(stage: try Self.stage(in: $0)) }
    }

    func change<Result: Sendable>(
        _ context: MessageContext, _ verb: @escaping @Sendable (inout Setup) throws -> Result
    ) async throws -> Result {
        try await unitOfWork.commit(context) { transaction in
            try transaction.takeTurnOverAdministrators()
            var setup = Setup(stage: try Self.stage(in: transaction))
            let result = try verb(&setup)
            if let account = setup.changed {
                let isNew = try Account.load(account.id, in: transaction) == nil
                try isNew ? account.insert(in: transaction) : account.update(in: transaction)
            }
            try Self.save(setup.stage, in: transaction)
            return result
        }
    }

    private static func stage(in reader: any SQLReader) throws -> Setup.Stage {
        if let row = try reader.first("SELECT invited_account_id, token_fingerprint FROM setup WHERE slot = 1"),
            let id = try row.value("invited_account_id", as: AccountID?.self),
            let account = try Account.load(id, in: reader)
        {
            return .invited(account, Fingerprint(bytes: try row.value("token_fingerprint")))
        }
        let administrator = try reader.first("SELECT id FROM accounts WHERE role = 'admin' LIMIT 1")
        return administrator == nil ? .empty : .complete
    }

    private static func save(_ stage: Setup.Stage, in transaction: any SQLTransaction) throws {
        var invitation: (AccountID, Fingerprint)?
        if case .invited(let account, let fingerprint) = stage { invitation = (account.id, fingerprint) }
        try transaction.execute(
            """
            UPDATE setup SET invited_account_id = \(invitation?.0), token_fingerprint = \(invitation?.1.bytes)
            WHERE slot = 1
            """)
    }
}
