import Contracts

/// The Chat service: conversations and what is said in them.
public struct ChatModule: Sendable {
    private let platform: Platform
    private let followers = Followers()

    public init(platform: Platform) {
        self.platform = platform
    }

    public static let migrations = [
        Migration(
            fileName: "0001_create_conversations",
            sqlite: PackageResources._001_create_conversations_sqlite_sql,
            postgres: PackageResources._001_create_conversations_postgres_sql)
    ]

    public func register(on table: inout HandlerTable) {
        let (now, makeUUID) = (platform.now, platform.makeUUID)
        let conversations = SQLConversationRepository(
            unitOfWork: platform.unitOfWork, changed: { [followers] in followers.changed($0) })
        let reader = SQLConversationReader(database: platform.database)

        table.handle(
            StartConversation.self,
            with: StartConversationHandler(conversations: conversations, now: now, makeUUID: makeUUID)
                .callAsFunction)
        table.handle(
            SendMessage.self,
            with: SendMessageHandler(conversations: conversations, now: now, makeUUID: makeUUID).callAsFunction)
        table.handle(
            PostReply.self,
            with: PostReplyHandler(conversations: conversations, now: now, makeUUID: makeUUID).callAsFunction)
        table.handle(
            EndConversation.self,
            with: EndConversationHandler(conversations: conversations, now: now).callAsFunction)

        table.handle(ConversationDetails.self, with: ConversationDetailsHandler(reader: reader).callAsFunction)
        table.handle(ConversationList.self, with: ConversationListHandler(reader: reader).callAsFunction)
        table.handle(MessageList.self, with: MessageListHandler(reader: reader).callAsFunction)
        table.produce(Transcript.self) { [producer = TranscriptProducer(reader: reader)] in
            try await producer($0, $1, send: $2)
        }
        let feed = FollowConversationProducer(
            reader: reader, unitOfWork: platform.unitOfWork, followers: followers)
        table.produce(ConversationFeed.self) { try await feed($0, $1, send: $2) }

        table.listen(to: Typing.self) { [followers] typing, context in
            followers.show(typing, by: context.principal)
        }
        table.listen(to: AnswerDelta.self) { [followers] delta, context in
            followers.show(delta, by: context.principal)
        }
    }
}
