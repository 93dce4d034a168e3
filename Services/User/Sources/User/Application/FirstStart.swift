import Contracts

/// Makes what the service can't be without: a signing key and an administrator. Any number of processes
/// may do so at once.
struct FirstStart: Sendable {
    let setup: any SetupRepository
    let keys: any SigningKeyRepository
    let keyMaker: any SigningKeyMaker
    let passwordHasher: any PasswordHasher
    let secrets: Secrets
    let platform: Platform

    func callAsFunction(
        administrator: UserModule.FirstAdministrator
    ) async throws -> UserModule.SetupInvitation? {
        try await makeSigningKey()
        // Most starts end here; it saves them the hashing.
        guard try await !setup.setup().isComplete else { return nil }
        let context = MessageContext(principal: .service(.user), requestID: "start")
        let newcomer = Account.open(
            AccountID(platform.makeUUID()), email: administrator.email, name: nil, role: .admin,
            passwordHash: nil, at: platform.now())
        if let password = administrator.password {
            let password = try Password(password, of: administrator.email)
            let hash = try await passwordHasher.hash(password.text)
            try await setup.change(context) { $0.appoint(newcomer, passwordHash: hash) }
            return nil
        }
        let token = secrets.makeToken()
        let fingerprint = secrets.fingerprint(of: token)
        let isInvited = try await setup.change(context) { $0.invite(newcomer, fingerprint: fingerprint) }
        return isInvited ? UserModule.SetupInvitation(email: administrator.email, token: token) : nil
    }

    private func makeSigningKey() async throws {
        guard try await keys.all().isEmpty else { return }
        let id = AccountID(platform.makeUUID()).description
        try await keys.addFirst(
            SigningKey(id: id, privateKey: keyMaker.makePrivateKey(), createdAt: platform.now()))
    }
}
