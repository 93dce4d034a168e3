import CPostgreSQL
import Glibc

/// Runs `body` on a thread of its own: it may wait for the server, which no thread of Swift's pool may.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { start in
            let start = Unmanaged<ThreadStart>.fromOpaque(start!).takeRetainedValue()
            cpostgresql_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    pthread_attr_destroy(&attributes)
    // Out of memory or over the limit of processes: nothing works from here on.
    precondition(status == 0, "No thread can be started: error \(status)")
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
