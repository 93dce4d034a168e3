import Contracts

struct AdmitVisitorHandler: Sendable {
    let tokens: TokenIssuer
    let platform: Platform

    func callAsFunction(_ command: AdmitVisitor, _ context: MessageContext) async throws -> TokenGrant {
        let name = try command.name.map { text throws in try DisplayName(text) }
        return try await tokens.admit(
            Principal(id: AccountID(platform.makeUUID()), role: .customer, name: name?.text))
    }
}
