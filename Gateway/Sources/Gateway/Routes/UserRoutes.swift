import Contracts
import HTTPTypes
import Hummingbird

/// `/v1/users`: profiles and roles.
struct UserRoutes {
    let bus: any Bus

    func register(on group: RouterGroup<EdgeContext>) {
        group.get("me") { request, context in
            let message = try context.message(for: request)
            return try await Response.json(bus.ask(AccountProfile(id: message.requireAccount()), message))
        }
        group.get { request, context in
            try await Response.json(bus.ask(AccountList(page: request.page), context.message(for: request)))
        }
        group.get(":id") { request, context in
            try await Response.json(
                bus.ask(AccountProfile(id: context.identifier()), context.message(for: request)))
        }
        group.patch(":id") { request, context in
            let body = try await request.decode(RoleBody.self)
            return try await Response.json(
                bus.send(
                    ChangeRole(accountID: context.identifier(), role: body.role), context.message(for: request))
            )
        }
    }
}

private struct RoleBody: Decodable {
    let role: Role
}
