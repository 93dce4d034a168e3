import Contracts
import ContractsTesting
import FoundationEssentials
import Glibc
import Logging
import Synchronization
import Testing

@testable import Redis

extension RedisTests {
    @Suite struct RedisClientTests {
        @Test func manyCallersShareAConnectionAndGetTheirOwnAnswers() async throws {
            var configuration = try TestRedis.configuration()
            configuration.connections = 1
            try await withClient(configuration) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for caller in 0..<64 {
                        group.addTask {
                            for number in 0..<100 {
                                let text = "\(caller) \(number)"
                                let answer = try await client.send(RedisCommand("ECHO", .text(text)))
                                #expect(answer.text == text)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test func largeValuesComeBackWhole() async throws {
            try await withClient(try TestRedis.configuration()) { client in
                let key = "\(client.configuration.keyPrefix):large"
                let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await client.send(RedisCommand("SET", .text(key), .bytes(bytes), "EX", "60"))
                try await expect(client.send(RedisCommand("GET", .text(key))).bytes, is: bytes)
            }
        }

        @Test func refusedCommandFailsAndTheNextIsFine() async throws {
            try await withClient(try TestRedis.configuration()) { client in
                await #expect(throws: RedisError.self) {
                    try await client.send(RedisCommand("NOSUCH", "hunter2"))
                }
                let answers = try await client.transact(
                    [RedisCommand("ECHO", "a"), RedisCommand("XADD", "x")].dropLast())
                #expect(answers.map(\.text) == ["a"])
                // A transaction with a malformed command is refused as a whole.
                await #expect(throws: RedisError.self) {
                    try await client.transact([RedisCommand("ECHO", "a"), RedisCommand("XADD", "x")])
                }
                try await expect(client.send(RedisCommand("PING")).text, is: "PONG")
            }
        }

        @Test func whoIsCancelledReturnsAtOnceAndNobodyGetsTheWrongAnswer() async throws {
            try await RedisServer.run { server in
                var configuration = try server.configuration()
                configuration.connections = 1
                configuration.commandTimeout = .seconds(10)
                try await withClient(configuration) { client in
                    server.pause()
                    let (impatient, patient) = (
                        Task { try await client.send(RedisCommand("ECHO", "impatient")) },
                        Task { try await client.send(RedisCommand("ECHO", "patient")) }
                    )
                    impatient.cancel()
                    #expect(await failure(of: { try await impatient.value })?.kind == .cancelled)
                    // The deadline of a call further out does the same.
                    let overdue = await failure {
                        try await Deadline.enforce(Deadline(in: .milliseconds(50))) {
                            try await client.send(RedisCommand("PING"))
                        }
                    }
                    #expect(overdue?.kind == .deadlineExceeded)
                    server.resume()
                    try await expect(patient.value.text, is: "patient")
                    try await expect(client.send(RedisCommand("ECHO", "next")).text, is: "next")
                }
            }
        }

        @Test func hangingServerFailsCallsWithinTheirLimitThenAtOnceAndHeals() async throws {
            try await RedisServer.run { server in
                try await withClient(try server.configuration()) { client in
                    server.pause()
                    let began = ContinuousClock.now
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 0..<20 {
                            group.addTask {
                                let failure = await failure { try await client.send(RedisCommand("PING")) }
                                #expect(failure?.kind == .unavailable)
                            }
                        }
                    }
                    #expect(began.duration(to: .now) < .seconds(2))
                    // A connection that came up only just before is found out when it is used.
                    try await eventually {
                        _ = try? await client.send(RedisCommand("PING"))
                        return !client.isConnected
                    }
                    let broken = ContinuousClock.now
                    for _ in 0..<1000 {
                        await expect(ServiceError.redisUnavailable) {
                            try await client.send(RedisCommand("PING"))
                        }
                    }
                    #expect(broken.duration(to: .now) < .milliseconds(500))
                    server.resume()
                    try await eventually(within: .seconds(5)) { client.isConnected }
                    try await expect(client.send(RedisCommand("PING")).text, is: "PONG")
                }
            }
        }

        @Test func killedServerFailsEveryCallAndIsFoundAgain() async throws {
            try await RedisServer.run { server in
                try await withClient(try server.configuration()) { client in
                    for _ in 0..<3 {
                        let failures = Record<ServiceError>()
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for _ in 0..<32 {
                                group.addTask {
                                    do {
                                        while true { try await client.send(RedisCommand("INCR", "count")) }
                                    } catch {
                                        failures.append(ServiceError(describing: error))
                                    }
                                }
                            }
                            server.kill()
                            try await group.waitForAll()
                        }
                        #expect(failures.items.allSatisfy { $0.kind == .unavailable })
                        try await eventually { !client.isConnected }
                        try await server.start()
                        try await eventually(within: .seconds(5)) { client.isConnected }
                        try await expect(client.send(RedisCommand("INCR", "count")), is: .integer(1))
                    }
                }
            }
        }

        @Test func wrongPasswordIsRefusedAndNeverLogged() async throws {
            try await RedisServer.run(["--requirepass", "correct horse"]) { server in
                try await withClient(try server.configuration(":correct%20horse@")) { client in
                    try await expect(client.send(RedisCommand("PING")).text, is: "PONG")
                }
                for credentials in [":hunter2@", "nobody:hunter2@", ""] {
                    let configuration = try server.configuration(credentials)
                    let failure = await failure { try await RedisConnection.open(configuration) }
                    #expect(failure?.code == "redis.refused")
                    #expect(failure.map { "\($0)".contains("hunter2") } == false)
                    let lines = Record<String>()
                    let logger = Logger(label: "test") { _ in RecordingLog(lines: lines) }
                    let client = RedisClient(configuration, logger: logger)
                    let running = Task { try await client.run() }
                    try await within { try await lines.reaches(4) }
                    running.cancel()
                    #expect(lines.items.allSatisfy { !$0.contains("hunter2") && !$0.contains("nobody") })
                    #expect(lines.items[0].contains("Redis connection lost"))
                }
            }
        }

        @Test func databaseOfTheURLIsUsed() async throws {
            try await RedisServer.run { server in
                let url = "redis://127.0.0.1:\(server.port)"
                try await withClient(try RedisConfiguration(url: url + "/5")) { client in
                    try await client.send(RedisCommand("SET", "where", "five"))
                }
                try await withClient(try RedisConfiguration(url: url)) { client in
                    try await expect(client.send(RedisCommand("GET", "where")), is: .null)
                    _ = try await client.send([RedisCommand("SELECT", "5"), RedisCommand("SELECT", "0")])
                }
                let none = try RedisConfiguration(url: url + "/99")
                #expect(await failure { try await RedisConnection.open(none) }?.code == "redis.refused")
            }
        }

        @Test func connectionIsEncryptedAndTheServerIsWhoItSays() async throws {
            try await withCertificate { certificate, key in
                let port = try RedisServer.freePort()
                let options = [
                    "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key,
                    "--tls-auth-clients", "no",
                ]
                try await RedisServer.run(options) { server in
                    let url = "rediss://127.0.0.1:\(port)"
                    try await withClient(try RedisConfiguration(url: url, caFile: certificate)) { client in
                        try await expect(client.send(RedisCommand("PING")).text, is: "PONG")
                    }
                    let plain = "rediss://127.0.0.1:\(server.port)"
                    for untrusted in [
                        try RedisConfiguration(url: url),
                        try RedisConfiguration(url: plain, caFile: certificate),
                    ] {
                        #expect(
                            await failure { try await RedisConnection.open(untrusted) }?.kind == .unavailable)
                    }
                }
            }
        }
    }
}

/// Makes a certificate for 127.0.0.1 that vouches for itself.
private func withCertificate(_ body: (_ certificate: String, _ key: String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "redis-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (certificate, key) = ("\(folder)/certificate.pem", "\(folder)/key.pem")
    let maker = try spawn([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "1",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
    ])
    var status: Int32 = 0
    waitpid(maker, &status, 0)
    try #require(status == 0)
    try await body(certificate, key)
}

/// Keeps what is logged, with its metadata.
private struct RecordingLog: LogHandler {
    let lines: Record<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}
