import Contracts
import ContractsTesting
import Testing

@Suite struct PermissionTests {
    @Test func eachRoleMayDoWhatTheOneBelowMay() {
        let ladder: [Role] = [.anonymous, .customer, .agent, .admin, .service]
        #expect(Set(ladder) == Set(Role.allCases))
        for (lower, higher) in zip(ladder, ladder.dropFirst()) {
            #expect(lower.permissions.isStrictSubset(of: higher.permissions))
        }
    }

    @Test func permissionBelongsToTheseRoles() {
        let table: [Permission: Set<Role>] = [
            .startConversations: [.customer, .agent, .admin, .service],
            .readAllConversations: [.agent, .admin, .service],
            .replyToAllConversations: [.agent, .admin, .service],
            .endAllConversations: [.agent, .admin, .service],
            .speakAsAssistant: [.service],
            .readArticles: [.customer, .agent, .admin, .service],
            .manageArticles: [.admin, .service],
            .askQuestions: [.customer, .agent, .admin, .service],
            .readAnalytics: [.agent, .admin, .service],
            .manageAccounts: [.admin, .service],
            .operate: [.admin, .service],
        ]
        #expect(Set(table.keys) == Set(Permission.allCases))
        for (permission, roles) in table {
            #expect(Set(Role.allCases.filter { $0.permissions.contains(permission) }) == roles, "\(permission)")
        }
    }

    @Test func nobodyIsAskedForATokenAndSomebodyIsRefused() {
        let nobody = MessageContext.sample(.anonymous)
        let unknown = #expect(throws: ServiceError.self) { try nobody.require(.manageArticles) }
        #expect(unknown?.kind == .unauthenticated)
        #expect(unknown?.code == "auth.token_required")
        let refused = #expect(throws: ServiceError.self) {
            try MessageContext.sample().require(.manageArticles)
        }
        #expect(refused?.kind == .forbidden)
        #expect(refused?.code == "auth.permission_missing")
        #expect(throws: Never.self) {
            try MessageContext.sample(.sample(role: .admin)).require(.manageArticles)
        }
    }

    @Test func accountIsSomebodys() throws {
        #expect(try MessageContext.sample().requireAccount() == Principal.sample().id)
        for principal in [Principal.anonymous, .service(.chat)] {
            let error = #expect(throws: ServiceError.self) {
                try MessageContext.sample(principal).requireAccount()
            }
            #expect(error?.kind == .unauthenticated)
        }
    }
}
