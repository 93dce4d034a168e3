import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Gives every request an identifier, or keeps the one it came with, and hands it back.
struct RequestIdentity: RouterMiddleware {
    let makeUUID: @Sendable () -> UUID

    func handle(
        _ request: Hummingbird.Request, context: EdgeContext,
        next: (Hummingbird.Request, EdgeContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.accepted(request.headers[.requestID]) ?? makeUUID().uuidString.lowercased()
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        return response
    }

    /// A client's own identifier ends up in logs, so only harmless ones are taken.
    private static func accepted(_ header: String?) -> String? {
        guard let header, (1...128).contains(header.utf8.count),
            header.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return header
    }
}
