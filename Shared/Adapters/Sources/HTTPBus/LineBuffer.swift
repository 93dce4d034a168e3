import Contracts
import NIOCore

/// Cuts chunks as they arrive into lines. Empty lines, the heartbeats, are left out.
struct LineBuffer {
    private var pending = ByteBuffer()
    private let maximumLineBytes: Int

    init(maximumLineBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// - Throws: ``ServiceError/messageTooLarge`` when a line grows past the limit.
    mutating func append(_ chunk: ByteBuffer) throws(ServiceError) {
        pending.discardReadBytes()
        pending.writeImmutableBuffer(chunk)
        guard pending.readableBytes <= maximumLineBytes else { throw .messageTooLarge }
    }

    mutating func next() -> ByteBuffer? {
        while let end = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            let line = pending.readSlice(length: end - pending.readerIndex)
            pending.moveReaderIndex(forwardBy: 1)
            if let line, line.readableBytes > 0 { return line }
        }
        return nil
    }
}
