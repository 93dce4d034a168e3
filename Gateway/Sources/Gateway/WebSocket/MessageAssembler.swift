import FoundationEssentials
import NIOCore
import NIOFoundationCompat
import NIOWebSocket

/// Puts a message together from its frames (RFC 6455, section 5.4).
struct MessageAssembler {
    private var pending: ByteBuffer?

    private static let maximumBytes = 64 << 10

    enum Outcome {
        case incomplete
        case message(Data)
        /// The client broke the protocol; close with this code.
        case refused(WebSocketErrorCode)
    }

    mutating func append(_ frame: WebSocketFrame) -> Outcome {
        switch frame.opcode {
        case .text where pending == nil: pending = ByteBuffer()
        case .continuation where pending != nil: break
        case .binary: return .refused(.unacceptableData)
        default: return .refused(.protocolError)
        }
        pending?.writeImmutableBuffer(frame.unmaskedData)
        guard let message = pending, message.readableBytes <= Self.maximumBytes else {
            return .refused(.messageTooLarge)
        }
        guard frame.fin else { return .incomplete }
        pending = nil
        let data = Data(buffer: message)
        guard String(validating: data, as: UTF8.self) != nil else {
            return .refused(.dataInconsistentWithMessage)
        }
        return .message(data)
    }
}
