import Contracts

/// What a client must bring to open a WebSocket: RFC 6455, section 4.2.1, and a token.
///
/// Browsers can't set headers on a WebSocket, so the token comes as a second subprotocol beside the real
/// one: `Sec-WebSocket-Protocol: frontdesk.v1, bearer.<token>`. Never in the URL, which ends up in logs.
struct Handshake {
    static let path = "/v1/ws"
    static let subprotocol = "frontdesk.v1"

    let token: String

    /// - Parameter header: All values of one header field, split at commas.
    /// - Throws: `.upgradeRequired` when this isn't a WebSocket's opening, `.unauthenticated` without a token.
    init(header: (_ name: String) -> [String]) throws(ServiceError) {
        guard header("upgrade").contains(where: { $0.lowercased() == "websocket" }),
            header("sec-websocket-version") == ["13"], header("sec-websocket-key").count == 1
        else {
            throw ServiceError(
                .upgradeRequired, code: "websocket_required",
                "Open this address as a WebSocket (version 13), with the subprotocols \(Self.subprotocol) and bearer.<token>."
            )
        }
        let protocols = header("sec-websocket-protocol")
        guard protocols.contains(Self.subprotocol),
            let bearer = protocols.first(where: { $0.hasPrefix("bearer.") })
        else {
            throw ServiceError(
                .unauthenticated, code: "auth.token_required",
                "Offer two subprotocols: \(Self.subprotocol), and bearer.<token> with your access token."
            )
        }
        token = String(bearer.dropFirst("bearer.".count))
    }
}
