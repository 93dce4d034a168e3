/// What is known about English beforehand. A business's own words need no entry: rare ones weigh by themselves.
enum Vocabulary {
    /// Words that say nothing about what is asked.
    static let stopWords: Set<String> = words(
        """
        a able about above after again against all also am an and any anybody anyone anything are aren as at
        be because been before being below between both but by can cannot could couldn d dear did didn do
        does doesn doing don done down during each either else ever every few for from further get gets
        getting give go goes going got had hadn happen happened happens has hasn have haven having he hello
        help her here hers herself hey hi him himself his how i id if im in into is isn it its itself ive
        just know let like ll lot m make makes many may maybe me mean means might mine more most much must
        my myself need needs neither no nor not now of off ok okay on once one only or other our ours
        ourselves out over own please put puts re s same say says shall she should shouldn since so some somebody
        someone something still such t tell than thank thanks that the their theirs them themselves then
        there these they thing things this those through to too try trying under until up upon us use ve
        very want was wasn way we were what when where whether which while who whom whose will with within
        without won would wouldn yet you your yours yourself
        """
    )

    /// Everyday words that count only half: a question is seldom about them.
    static let weakStems: Set<String> = Set(
        words(
            """
            account accounts actually add adding ahead all already always amount another answer apartment around
            ask asking away back bad believe best better big bit boss bought boyfriend brother business buy call
            called came change come coming company currently customer customers dad daughter day days decide
            difference different drop dropped easily enough ever every exactly expect explain family fast father
            find finding first found friend girlfriend good great happen hear heard home hope hour hours house
            husband instead keep keeping kind know knowing laptop last later leave left let like liked likes
            little live lives long look looking lot lots maybe minute minutes mom money month months mother
            never new next notice number numbers old option options paid parent partner pay paying people person
            place plan planning possible problem pull pulled pulls put question questions quickly read really
            right roommate second see seeing seen send sent service set short show shows since sister small
            somebody someone son soon sort start started starting stop stopped sure take taken taking tell think
            thought three time times today told tomorrow took tried trying two type understand use used using
            want wanted wants week wife without wonder wondering work working works worth write wrong year years
            yesterday
            """
        ).map { PorterStemmer.stem($0) }
    )

    /// What customers call by different names, one group a line. A word may be in several.
    private static let groups: [[String]] = """
        cost fee charge price pricing
        salary wage paycheck payroll
        refund reimburse reimbursement rebate
        cancel terminate close end stop quit
        buy bought purchase
        ship shipping delivery deliver dispatch
        broken damaged damage faulty defective defect
        phone telephone call
        email mail
        maximum max cap limit most highest
        minimum min least smallest lowest
        withdraw withdrawal withdrew
        increase raise higher
        reduce lower decrease
        remove delete erase
        stuck delay delayed pending late slow
        block freeze lock
        temporarily pause temporary suspend
        abroad foreign international overseas
        senior elderly retiree
        teen child kid minor daughter son
        medicine prescription medication drug pharmacy
        lost stolen theft stole
        college university student graduate school
        discount coupon promo voucher promotion
        store shop branch
        contact reach
        apy interest
        error problem issue trouble troubleshooting
        vendor merchant supplier seller
        funds money fund
        doctor medical hospital
        hotel lodging
        send sent transfer transferring
        login signin sign
        bill invoice
        warranty guarantee
        gift present
        change update edit modify alter
        replace replacement
        fast quick quickly soon speed time
        express expedited priority
        decline reject deny refuse
        recurring repeat automatic regular
        eligible qualify qualifies eligibility
        employee staff worker
        reply respond response answer
        paper paperless
        trip travel traveling
        build assemble assembly
        wash clean cleaning care
        join enroll register signup
        redeem redemption use
        bonus reward
        why reason cause
        teen teenager
        hack hacked fraud fraudulent unauthorized
        outside abroad international foreign
        lift remove raise increase
        hide exclude
        close closed finish finished
        bounce returned unpaid
        less lower
        extra bonus additional
        parcel package shipment
        swap exchange switch
        talk speak contact reach chat
        human agent representative operator person
        allow permit welcome
        sheet bedding
        price cost
        europe european spain france germany italy mexico outside abroad foreign international overseas
        euro euros pound yen currency
        lawyer attorney
        apartment address home
        participant member person friend group
        laptop tablet
        shut close
        shift move transfer
        borrow loan lend lending
        smallest minimum
        raise increase higher
        warning alert notification notify
        paperwork document documentation form
        owner holder
        smartphone app mobile
        photo picture image camera
        hours schedule open
        cheap cheaper discount
        password login
        """.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }

    /// Turns of phrase that are one word in an article. Between its words one other may stand.
    static let phrases: [(phrase: [String], word: String)] = """
        take money out = withdraw
        took money out = withdraw
        turn down = decline
        turned down = decline
        where my = tracking
        your phone number = contact
        your email = contact
        pay back = refund
        paid back = refund
        money back = refund
        paid into = deposit
        pay into = deposit
        take off = remove
        send back = return
        sent back = return
        bring back = return
        log in = login
        get rid of = remove
        call off = cancel
        go up = increase
        went up = increase
        put in = deposit
        give back = return
        sign up = register
        pay in = deposit
        paid in = deposit
        hand in = submit
        """.split(separator: "\n").map { line in
            let parts = line.split(separator: " ").map(String.init)
            return (Array(parts.dropLast(2)), parts.last!)
        }

    /// For each stem the words that mean nearly the same.
    static let synonyms: [String: [Synonym]] = {
        var table: [String: [Synonym]] = [:]
        for group in groups {
            let members = group.map { Synonym(word: $0, stem: PorterStemmer.stem($0)) }
            for member in members {
                for other in members where other.stem != member.stem {
                    if table[member.stem, default: []].contains(where: { $0.stem == other.stem }) { continue }
                    table[member.stem, default: []].append(other)
                }
            }
        }
        return table
    }()

    struct Synonym: Sendable, Hashable {
        let word: String
        let stem: String
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
