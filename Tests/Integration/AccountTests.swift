import Contracts
import ContractsTesting
import FoundationEssentials
import Testing

extension WholeSystem {
    /// Accounts, sessions and what roles allow.
    @Suite struct AccountTests {
        private static let password = "a long enough password"

        @Test(arguments: Deployment.available)
        func anAccountIsOpenedAndUsed(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let signUp: JSON = [
                    "email": "Kim@Shop.Example", "password": .string(Self.password), "name": "Kim",
                ]
                let account: AccountView = try await site.nobody.post("/v1/auth/signup", signUp)
                    .expecting(201).decoded()
                #expect(account.role == .customer && account.name == "Kim")
                try await site.nobody.post("/v1/auth/signup", signUp)
                    .problem(409, "user.email_taken", field: "email", fieldCode: "taken")
                let grant: TokenGrant = try await site.host.logIn("kim@shop.example", Self.password).decoded()
                #expect(grant.tokenType == "Bearer" && grant.expiresIn > 0 && grant.refreshToken != nil)
                let me: AccountView = try await API(host: site.host, token: grant.accessToken).get(
                    "/v1/users/me"
                )
                .decoded()
                #expect(me == account)
                let stranger = try await site.visitor()
                try await stranger.get("/v1/users/\(account.id)").problem(404, "user.account_not_found")
                try await site.nobody.get("/v1/users/me").problem(401, "auth.token_required")
            }
        }

        @Test(arguments: Deployment.available)
        func wrongCredentialsAreRefusedAlikeWhetherOrNotThereIsAnAccount(_ deployment: Deployment) async throws
        {
            try await Site.run(deployment) { site in
                let wrong = try await site.host.logIn(Site.adminEmail, "wrong password 123")
                    .problem(401, "auth.wrong_credentials")
                let unknown = try await site.host.logIn("nobody@shop.example", "wrong password 123")
                    .problem(401, "auth.wrong_credentials")
                #expect(wrong.detail == unknown.detail)
                try await site.host.logIn(Site.adminEmail, String(repeating: "x", count: 10_000))
                    .problem(401, "auth.wrong_credentials")
                for (password, code) in [
                    ("short", "too_short"), (String(repeating: "x", count: 200), "too_long"),
                ] {
                    try await site.nobody.post(
                        "/v1/auth/signup", ["email": "a@b.example", "password": .string(password)]
                    )
                    .problem(422, "invalid_request", field: "password", fieldCode: code)
                }
            }
        }

        @Test(arguments: Deployment.available)
        func aRefreshTokenIsGoodOnceAndItsReuseEndsTheSession(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                func refresh(_ token: String?) async throws -> Reply {
                    try await site.nobody.post("/v1/auth/refresh", ["refresh_token": .string(token ?? "")])
                }
                let first: TokenGrant = try await site.host.logIn(Site.adminEmail, Site.adminPassword).decoded()
                let second: TokenGrant = try await refresh(first.refreshToken).decoded()
                #expect(second.refreshToken != first.refreshToken)
                #expect(
                    try await refresh(second.refreshToken).api(on: site.host).get("/v1/users/me").status == 200)
                // Whoever holds the old one may have stolen it: the session ends for both.
                try await refresh(first.refreshToken).problem(401, "auth.refresh_token_reused")
                try await refresh(second.refreshToken).problem(401, "auth.refresh_token_invalid")
                for garbage in [
                    "", "garbage", String(repeating: "A", count: 43), "ü", String(repeating: "x", count: 5000),
                ] {
                    try await refresh(garbage).problem(401, "auth.refresh_token_invalid", comment: garbage)
                }
            }
        }

        @Test(arguments: Deployment.available)
        func logOutEndsTheSession(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let grant: TokenGrant = try await site.host.logIn(Site.adminEmail, Site.adminPassword).decoded()
                let body: JSON = ["refresh_token": .string(grant.refreshToken ?? "")]
                for _ in 0..<2 { _ = try await site.nobody.post("/v1/auth/logout", body).expecting(204) }
                try await site.nobody.post("/v1/auth/refresh", body).problem(401, "auth.refresh_token_invalid")
            }
        }

        @Test(arguments: Deployment.available)
        func staleForgedAndGarbledTokensAreRefused(_ deployment: Deployment) async throws {
            // Signed by a Frontdesk that is gone: what is left of an older installation.
            let stale = try await foreignToken()
            try await Site.run(deployment) { site in
                let token = try await site.visitor().token ?? ""
                let parts = token.split(separator: ".")
                // {"alg":"none"}, with the payload of a good one
                let unsigned = "eyJhbGciOiJub25lIn0.\(parts[1])."
                let first = parts[2].first == "A" ? "B" : "A"
                let resigned = "\(parts[0]).\(parts[1]).\(first)\(parts[2].dropFirst())"
                for bad in [stale, unsigned, resigned, "garbage", "..", String(repeating: "x", count: 2000)] {
                    let reply = try await API(host: site.host, token: bad).get("/v1/conversations")
                    try reply.problem(401, "auth.token_invalid", comment: bad)
                    #expect(reply.header("www-authenticate") == "Bearer")
                }
                try await site.nobody.get("/v1/conversations", headers: ["authorization": "Basic YTpi"])
                    .problem(401, "auth.token_invalid")
                try await site.nobody.get("/v1/conversations").problem(401, "auth.token_required")
                _ = try await API(host: site.host, token: token).get("/v1/conversations").expecting(200)
            }
        }

        @Test(arguments: Deployment.available)
        func rolesAreChangedByAdministratorsOnly(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let admin = try await site.admin()
                let account: AccountView = try await site.nobody.post(
                    "/v1/auth/signup", ["email": "alex@shop.example", "password": .string(Self.password)]
                ).decoded()
                let customer = try await site.host.logIn("alex@shop.example", Self.password).api(on: site.host)
                let visitor = try await site.visitor()
                let conversation = try await visitor.start(subject: "Help")
                for api in [customer, visitor] { try await expectRefused(api, account.id) }
                try await customer.get("/v1/conversations/\(conversation.id)").problem(
                    404, "chat.conversation_not_found")

                let changed: AccountView = try await admin.patch("/v1/users/\(account.id)", ["role": "agent"])
                    .decoded()
                #expect(changed.role == .agent)
                let agent = try await site.host.logIn("alex@shop.example", Self.password).api(on: site.host)
                #expect(try await agent.conversation(conversation.id).subject == "Help")
                #expect(try await agent.overview().conversationsStarted >= 0)
                try await agent.get("/v1/users").problem(403, "auth.permission_missing")

                for role in ["service", "anonymous"] {
                    try await admin.patch("/v1/users/\(account.id)", ["role": .string(role)])
                        .problem(422, "invalid_request", field: "role")
                }
                try await admin.patch("/v1/users/\(account.id)", ["role": "king"])
                    .problem(422, "invalid_request", field: "role", fieldCode: "invalid_value")
                let me: AccountView = try await admin.get("/v1/users/me").decoded()
                try await admin.patch("/v1/users/\(me.id)", ["role": "customer"])
                    .problem(409, "user.last_administrator")
                #expect(try await admin.all("/v1/users?", AccountView.self, pageSize: 1).count == 2)
            }
        }

        @Test(arguments: Deployment.available)
        func publicKeysAreThereForAnybodyAndPrivateOnesForNobody(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let reply = try await site.nobody.get("/.well-known/jwks.json").expecting(200)
                let keys = try reply.decoded(KeySet.self).keys
                #expect(keys.count == 1 && keys.allSatisfy { $0["kty"] == "EC" && $0["alg"] == "ES256" })
                #expect(keys.allSatisfy { $0["d"] == nil })
                let token = try await site.visitor().token ?? ""
                #expect(token.split(separator: ".").count == 3)
            }
        }

        private struct KeySet: Decodable {
            let keys: [[String: String]]
        }

        private func expectRefused(_ api: API, _ account: AccountID) async throws {
            try await api.get("/v1/users").problem(403, "auth.permission_missing")
            try await api.patch("/v1/users/\(account)", ["role": "admin"]).problem(
                403, "auth.permission_missing")
            try await api.get("/v1/analytics/overview").problem(403, "auth.permission_missing")
            try await api.post("/v1/knowledge/articles", ["title": "T", "content": "C"])
                .problem(403, "auth.permission_missing")
            try await api.post("/v1/knowledge/imports", ["articles": []]).problem(
                403, "auth.permission_missing")
            let nowhere = "/v1/knowledge/articles/\(account)"
            try await api.delete(nowhere).problem(403, "auth.permission_missing")
        }

        private func foreignToken() async throws -> String {
            let tokens = Record<String>()
            try await Site.run(.usual) { other in tokens.append(try await other.visitor().token ?? "") }
            return try #require(tokens.items.first)
        }
    }
}
