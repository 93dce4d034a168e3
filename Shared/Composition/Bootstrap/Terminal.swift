import FoundationEssentials
import Glibc

/// What people and scripts read, written at once: also through a pipe, which `print` would buffer.
public enum Terminal {
    /// To standard output: results, and what a script waits for.
    public static func say(_ text: String, terminator: String = "\n") {
        write(text + terminator, to: STDOUT_FILENO)
    }

    /// To standard error: progress and complaints.
    public static func note(_ text: String) {
        write(text + "\n", to: STDERR_FILENO)
    }

    /// All of standard input.
    public static func readAll() -> Data {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = read(STDIN_FILENO, &buffer, buffer.count), count > 0 {
            data.append(contentsOf: buffer[..<count])
        }
        return data
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = ArraySlice(text.utf8)
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Whoever read along has gone; there is nobody left to tell.
            guard count > 0 else { return }
            rest.removeFirst(count)
        }
    }
}
