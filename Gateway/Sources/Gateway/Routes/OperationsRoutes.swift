import Contracts
import HTTPTypes
import Hummingbird

/// `/v1/operations`: what an administrator does about events: see what was recorded, what could not be
/// delivered, and have it delivered again.
struct OperationsRoutes {
    let bus: any Bus

    func register(on group: RouterGroup<EdgeContext>) {
        group.get("dead-letters") { request, context in
            let page = try await desk(request, context).deadLetters(
                of: request.service("service"), for: request.service("subscriber"), request.page)
            return try Response.json(page)
        }
        group.get("dead-letters/:id") { request, context in
            try await Response.json(desk(request, context).deadLetter(context.deadLetterID()))
        }
        group.post("dead-letters/:id/redrive") { request, context in
            try await desk(request, context).redrive(context.deadLetterID())
            return try Response.json(Redriven(redriven: 1), status: .accepted)
        }
        group.post("dead-letters/redrive") { request, context in
            let body = try await request.decode(RedriveBody.self)
            let count = try await desk(request, context).redriveAll(of: body.service, for: body.subscriber)
            return try Response.json(Redriven(redriven: count), status: .accepted)
        }
        group.get("events") { request, context in
            guard let service = try request.service("service") else {
                throw ServiceError.invalid(field: "service", code: "required", "Name the service.")
            }
            let limit = try request.page.limit
            let events = try await desk(request, context).events(
                of: service, after: request.number("after"), limit: limit)
            let next = events.count == limit ? events.last.map { "\($0.position)" } : nil
            return try Response.json(Page(data: events, nextCursor: next))
        }
        group.post("replays") { request, context in
            let body = try await request.decode(ReplayBody.self)
            // Emptying a large projection takes a while.
            let desk = try desk(request, context, timeout: .seconds(60))
            if let service = body.service {
                try await desk.replay(to: body.subscriber, from: service, after: body.after ?? 0)
            } else {
                guard body.after == nil else {
                    throw ServiceError.invalid(
                        field: "service", code: "required", "A position belongs to one service: name it.")
                }
                try await desk.replay(to: body.subscriber)
            }
            return Response(status: .accepted)
        }
    }

    private func desk(
        _ request: Hummingbird.Request, _ context: EdgeContext, timeout: Duration = .seconds(15)
    ) throws -> OperatorDesk {
        let message = try context.message(for: request, timeout: timeout)
        // Each service checks it again; before that, nobody learns here what exists.
        try message.require(.operate)
        return OperatorDesk(bus: bus, message)
    }
}

extension EdgeContext {
    fileprivate func deadLetterID() throws(ServiceError) -> DeadLetterID {
        guard let id = parameters.get("id").flatMap({ DeadLetterID($0) }) else { throw .routeNotFound }
        return id
    }
}

extension Hummingbird.Request {
    fileprivate func service(_ parameter: String) throws(ServiceError) -> ServiceName? {
        guard let text = uri.queryParameters[Substring(parameter)] else { return nil }
        guard let service = ServiceName(rawValue: String(text)) else {
            throw .invalid(
                field: parameter, code: "invalid_value",
                "One of \(ServiceName.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return service
    }

    /// A position in a log.
    fileprivate func number(_ parameter: String) throws(ServiceError) -> Int64? {
        guard let text = uri.queryParameters[Substring(parameter)] else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw .invalid(field: parameter, code: "wrong_type", "A whole number from 0.")
        }
        return number
    }
}

private struct RedriveBody: Decodable {
    let subscriber: ServiceName
    let service: ServiceName?
}

private struct ReplayBody: Decodable {
    let subscriber: ServiceName
    let service: ServiceName?
    let after: Int64?
}

private struct Redriven: Encodable {
    let redriven: Int
}
