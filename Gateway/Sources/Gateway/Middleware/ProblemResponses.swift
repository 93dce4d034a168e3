import Contracts
import Hummingbird
import Logging

/// Answers every failure with a problem document, and logs the causes of those that are ours.
struct ProblemResponses: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Hummingbird.Request, context: EdgeContext,
        next: (Hummingbird.Request, EdgeContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return .problem(translated(error, request, context), requestID: context.requestID)
        }
    }

    private func translated(_ error: any Error, _ request: Hummingbird.Request, _ context: EdgeContext)
        -> ServiceError
    {
        // The router's own way of saying that it has no such route.
        if let error = error as? HTTPError, error.status == .notFound { return .routeNotFound }
        let translated = ServiceError(describing: error)
        if translated.kind == .internal, !(error is ServiceError) {
            logger.error(
                "Request failed",
                metadata: [
                    "http.request.method": "\(request.method)", "http.route": "\(context.endpointPath ?? "")",
                    "frontdesk.request.id": "\(context.requestID)", "error.message": "\(error)",
                ])
        }
        return translated
    }
}
