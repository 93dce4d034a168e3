import Contracts
import HTTPTypes
import Hummingbird

/// Finds out who asks, by the access token (RFC 6750). Without one it is nobody; with a bad one the
/// request ends here, also where nobody would be welcome: a client should hear that its token is stale.
struct Authentication: RouterMiddleware {
    let verifier: any AccessTokenVerifier

    func handle(
        _ request: Hummingbird.Request, context: EdgeContext,
        next: (Hummingbird.Request, EdgeContext) async throws -> Response
    ) async throws -> Response {
        guard let header = request.headers[.authorization] else { return try await next(request, context) }
        guard header.utf8.count > 7, header.prefix(7).lowercased() == "bearer " else {
            throw ServiceError(
                .unauthenticated, code: "auth.token_invalid",
                "Send the token as: Authorization: Bearer <token>.")
        }
        var context = context
        context.principal = try await verifier.verify(String(header.dropFirst(7))).principal
        return try await next(request, context)
    }
}
