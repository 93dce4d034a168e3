import HTTPTypes
import Hummingbird

/// Headers that make browsers careful, on every answer.
struct SecurityHeaders: RouterMiddleware {
    /// For the pages: everything comes from here, and nothing is inline.
    static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
        connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'
        """

    func handle(
        _ request: Hummingbird.Request, context: EdgeContext,
        next: (Hummingbird.Request, EdgeContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }
}
