import Contracts
import ContractsTesting
import NIOCore
import Testing

@testable import Redis

@Suite struct RedisConfigurationTests {
    @Test(arguments: [
        ("redis://localhost", "redis://localhost:6379/0"),
        ("redis://127.0.0.1:7000/3", "redis://127.0.0.1:7000/3"),
        ("REDISS://u:p%40ss@cache.example.com/", "rediss://cache.example.com:6379/0"),
        ("redis://[::1]:6380", "redis://[::1]:6380/0"),
    ])
    func urlIsRead(url: String, description: String) throws {
        #expect(try RedisConfiguration(url: url).description == description)
    }

    @Test(arguments: [
        "", "localhost", "http://localhost", "redis://", "redis://h:0", "redis://h:70000", "redis://h/x",
        "redis://h/-1",
        "redis://h/0/1", "redis://h?db=1", "redis://:hunter2@h/x",
    ])
    func badURLIsRefusedWithoutRepeatingIt(url: String) async {
        let failure = await failure { try RedisConfiguration(url: url) }
        #expect(failure?.fields.map(\.field) == ["url"])
        #expect(failure?.message.contains("hunter2") == false)
    }

    @Test func credentialsAreDecodedAndNeverPrinted() throws {
        let configuration = try RedisConfiguration(url: "redis://us%3Aer:hunter%232@h")
        #expect(configuration.credentials?.user == "us:er")
        #expect(configuration.credentials?.password == "hunter#2")
        #expect(try RedisConfiguration(url: "redis://:hunter2@h").credentials?.user == "default")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter"))
        }
    }

    @Test func commandPrintsNoArgument() {
        let command = RedisCommand("AUTH", "hunter2")
        var dumped = ""
        dump(command, to: &dumped)
        for text in ["\(command)", String(reflecting: command), dumped] { #expect(!text.contains("hunter2")) }
        // Redis repeats the arguments of what it doesn't know.
        let error = RedisError("ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'hunter2'")
        #expect("\(error)" == "Redis refused a command: ERR")
    }

    @Test func commandIsAnArrayOfStrings() {
        var buffer = ByteBuffer()
        RedisCommand("SET", .text("kü"), .bytes([0, 13, 10]), .integer(-5)).write(into: &buffer)
        #expect(String(buffer: buffer) == "*4\r\n$3\r\nSET\r\n$3\r\nkü\r\n$3\r\n\0\r\n\r\n$2\r\n-5\r\n")
    }

    @Test func missingCertificatesAreNamed() async {
        let failure = await failure { try RedisConfiguration(url: "rediss://h", caFile: "/does/not/exist") }
        #expect(failure?.fields.map(\.field) == ["ca_file"])
    }
}

@Suite struct CommandPipelineTests {
    private let later = NIODeadline.now() + .seconds(60)
    private let ping = RedisCommand("PING")

    @Test func oneFlushTakesEverything() throws {
        var pipeline = CommandPipeline(maximumWaiting: 10, maximumWaitingBytes: 1000)
        let flushes = try (0..<3).map { _ in
            try pipeline.enqueue([ping], answers: 1, dueAt: later, RedisReply())
        }
        #expect(flushes == [true, false, false])
        #expect(String(buffer: pipeline.takeUnsent()) == String(repeating: "*1\r\n$4\r\nPING\r\n", count: 3))
        #expect(pipeline.takeUnsent().readableBytes == 0)
        #expect(try pipeline.enqueue([ping], answers: 1, dueAt: later, RedisReply()))
    }

    @Test func answersGoToThoseWhoAskedInOrder() throws {
        var pipeline = CommandPipeline(maximumWaiting: 10, maximumWaitingBytes: 1000)
        let (one, three) = (RedisReply(), RedisReply())
        _ = try pipeline.enqueue([ping], answers: 1, dueAt: later, one)
        _ = try pipeline.enqueue([ping, ping, ping], answers: 3, dueAt: later + .seconds(1), three)
        #expect(pipeline.dueAt == later)
        let first = try pipeline.take([.integer(1), .integer(2)])
        #expect(first.map(\.1) == [[.integer(1)]] && first[0].0 === one)
        #expect(pipeline.dueAt == later + .seconds(1))
        let second = try pipeline.take([.integer(3), .integer(4)])
        #expect(second.map(\.1) == [[.integer(2), .integer(3), .integer(4)]] && second[0].0 === three)
        #expect(pipeline.dueAt == nil)
        #expect(throws: RESPProblem.self) { _ = try pipeline.take([.integer(5)]) }
    }

    @Test func numberAndBytesOfWhatWaitsAreBounded() throws {
        var few = CommandPipeline(maximumWaiting: 2, maximumWaitingBytes: 1000)
        for _ in 0..<2 { _ = try few.enqueue([ping], answers: 1, dueAt: later, RedisReply()) }
        #expect(throws: ServiceError.redisOverloaded) {
            try few.enqueue([ping], answers: 1, dueAt: later, RedisReply())
        }
        var small = CommandPipeline(maximumWaiting: 100, maximumWaitingBytes: 1000)
        let large = RedisCommand("SET", "k", .bytes(Array(repeating: 0, count: 2000)))
        // One that is too large by itself still gets its turn.
        _ = try small.enqueue([large], answers: 1, dueAt: later, RedisReply())
        #expect(throws: ServiceError.redisOverloaded) {
            try small.enqueue([ping], answers: 1, dueAt: later, RedisReply())
        }
        _ = try small.take([.simple("OK")])
        _ = try small.enqueue([ping], answers: 1, dueAt: later, RedisReply())
    }

    @Test func closedPipelineTakesNothing() throws {
        var pipeline = CommandPipeline(maximumWaiting: 10, maximumWaitingBytes: 1000)
        _ = try pipeline.enqueue([ping], answers: 1, dueAt: later, RedisReply())
        #expect(pipeline.close(ServiceError.redisUnavailable).count == 1)
        #expect(pipeline.close(ServiceError.redisUnavailable).isEmpty)
        #expect(throws: ServiceError.redisUnavailable) {
            try pipeline.enqueue([ping], answers: 1, dueAt: later, RedisReply())
        }
    }
}
