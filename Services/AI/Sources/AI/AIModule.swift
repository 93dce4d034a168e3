import Contracts

/// The AI service: the knowledge base, and answers out of it.
public struct AIModule: Sendable {
    private let platform: Platform
    private let articles: SQLArticles
    private let index: SQLPassageIndex
    private let pending: SQLPendingAnswers
    private let answering: QuestionAnswering
    private let bell = Bell()
    private let sleep: @Sendable (Duration) async throws -> Void
    private let makeRandom: @Sendable () -> any RandomNumberGenerator & Sendable

    /// - Parameters:
    ///   - sleep: Waits, and throws when its task is cancelled.
    ///   - random: Spreads out what is tried again.
    public init(
        platform: Platform, sleep: @escaping @Sendable (Duration) async throws -> Void,
        random: @escaping @Sendable () -> any RandomNumberGenerator & Sendable = {
            SystemRandomNumberGenerator()
        }
    ) {
        self.platform = platform
        self.sleep = sleep
        makeRandom = random
        articles = SQLArticles(database: platform.database, unitOfWork: platform.unitOfWork)
        index = SQLPassageIndex(database: platform.database)
        pending = SQLPendingAnswers(database: platform.database, unitOfWork: platform.unitOfWork)
        answering = QuestionAnswering(index: index)
    }

    public func register(on table: inout HandlerTable) {
        let publish = PublishArticleHandler(articles: articles, now: platform.now, makeUUID: platform.makeUUID)
        table.handle(PublishArticle.self) { try await publish($0, $1) }
        let importAll = ImportArticlesHandler(
            articles: articles, now: platform.now, makeUUID: platform.makeUUID)
        table.handle(ImportArticles.self) { try await importAll($0, $1) }
        let remove = RemoveArticleHandler(articles: articles)
        table.handle(RemoveArticle.self) { try await remove($0, $1) }
        let details = ArticleDetailsHandler(views: articles)
        table.handle(ArticleDetails.self) { try await details($0, $1) }
        let list = ArticleListHandler(views: articles)
        table.handle(ArticleList.self) { try await list($0, $1) }
        let search = PassageSearchHandler(index: index)
        table.handle(PassageSearch.self) { try await search($0, $1) }
        let answer = AnswerToQuestionHandler(answering: answering)
        table.handle(AnswerToQuestion.self) { try await answer($0, $1) }
        let stream = AnswerStreamProducer(answering: answering)
        table.produce(AnswerStream.self) { try await stream($0, $1, $2) }
        let enqueue = MessagePostedReaction(pending: pending, bell: bell, now: platform.now)
        table.react(to: MessagePosted.self) { try await enqueue($0, $1, $2) }
    }

    public static let migrations = [
        Migration(
            fileName: "0001_create_articles",
            sqlite: PackageResources._001_create_articles_sqlite_sql,
            postgres: PackageResources._001_create_articles_postgres_sql),
        Migration(
            fileName: "0002_create_passages",
            sqlite: PackageResources._002_create_passages_sqlite_sql,
            postgres: PackageResources._002_create_passages_postgres_sql),
        Migration(
            fileName: "0003_create_pending_answers",
            sqlite: PackageResources._003_create_pending_answers_sqlite_sql,
            postgres: PackageResources._003_create_pending_answers_postgres_sql),
    ]

    /// One run of each at a time.
    public var jobs: [Job] {
        let answerPending = AnswerPendingQuestions(
            pending: pending, answering: answering, bus: platform.bus, bell: bell, now: platform.now,
            sleep: sleep,
            makeRandom: makeRandom, logger: platform.logger
        )
        return [Job("answer-pending-questions") { await answerPending.run() }]
    }
}
