import Contracts
import Glibc
import NIOCore

/// Cuts chunks as they arrive into lines. Empty lines, the heartbeats, are left out.
struct LineBuffer {
    private var pending = ByteBuffer()
    /// How many of its bytes are known to hold no end of line: a long line comes in many chunks.
    private var searchedBytes = 0
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
        while let length = lineLength() {
            let line = pending.readSlice(length: length)
            pending.moveReaderIndex(forwardBy: 1)
            searchedBytes = 0
            if let line, length > 0 { return line }
        }
        return nil
    }

    private mutating func lineLength() -> Int? {
        let length = pending.withUnsafeReadableBytes { bytes -> Int? in
            // Safe: what is searched is within the buffer, and the buffer stays where it is in here.
            guard let start = bytes.baseAddress,
                let end = memchr(start + searchedBytes, 0x0A, bytes.count - searchedBytes)
            else { return nil }
            return UnsafeRawPointer(end) - start
        }
        if length == nil { searchedBytes = pending.readableBytes }
        return length
    }
}
