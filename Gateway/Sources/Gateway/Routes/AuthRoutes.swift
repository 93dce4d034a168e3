import Contracts
import HTTPTypes
import Hummingbird

/// `/v1/auth`: accounts, and tokens for them.
struct AuthRoutes {
    let bus: any Bus

    func register(on group: RouterGroup<EdgeContext>) {
        group.post("signup") { request, context in
            let body = try await request.decode(SignUpBody.self)
            return try await Response.json(
                bus.send(
                    SignUp(email: body.email, password: body.password, name: body.name),
                    context.message(for: request)),
                status: .created)
        }
        group.post("login") { request, context in
            let body = try await request.decode(LogInBody.self)
            return try await Response.json(
                bus.send(LogIn(email: body.email, password: body.password), context.message(for: request)))
        }
        group.post("refresh") { request, context in
            let body = try await request.decode(RefreshTokenBody.self)
            return try await Response.json(
                bus.send(RefreshTokens(refreshToken: body.refreshToken), context.message(for: request)))
        }
        group.post("logout") { request, context in
            let body = try await request.decode(RefreshTokenBody.self)
            _ = try await bus.send(LogOut(refreshToken: body.refreshToken), context.message(for: request))
            return Response(status: .noContent)
        }
        group.post("setup") { request, context in
            let body = try await request.decode(SetUpBody.self)
            return try await Response.json(
                bus.send(
                    CompleteSetup(token: body.token, password: body.password), context.message(for: request)))
        }
        group.post("visitor") { request, context in
            let body = try await request.decode(VisitorBody.self)
            return try await Response.json(
                bus.send(AdmitVisitor(name: body.name), context.message(for: request)), status: .created)
        }
    }
}

private struct SignUpBody: Decodable {
    let email: Email
    let password: String
    let name: String?
}

private struct LogInBody: Decodable {
    let email: Email
    let password: String
}

private struct RefreshTokenBody: Decodable {
    let refreshToken: String

    private enum CodingKeys: String, CodingKey {
        case refreshToken = "refresh_token"
    }
}

private struct SetUpBody: Decodable {
    let token: String
    let password: String
}

private struct VisitorBody: Decodable {
    let name: String?
}
