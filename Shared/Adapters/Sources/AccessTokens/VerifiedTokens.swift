import Contracts

/// Remembers tokens that were found valid: an ES256 verification costs some 75 µs, a look here less than one.
///
/// At most `capacity` tokens in two halves. New ones go into the young half; when that is full it becomes
/// the old one, and what was old and not asked for since is forgotten. So a flood of tokens costs no more
/// than the memory for `capacity`, and what is in use stays.
struct VerifiedTokens {
    struct Entry {
        let principal: Principal
        let expiry: Instant
    }

    private let halfCapacity: Int
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]

    init(capacity: Int) {
        precondition(capacity >= 2)
        halfCapacity = capacity / 2
    }

    var count: Int { young.count + old.count }

    mutating func entry(for token: String) -> Entry? {
        if let entry = young[token] { return entry }
        guard let entry = old.removeValue(forKey: token) else { return nil }
        insert(entry, for: token)
        return entry
    }

    mutating func insert(_ entry: Entry, for token: String) {
        if young.count >= halfCapacity {
            swap(&young, &old)
            // Keeps its memory, which the next half fills again.
            young.removeAll(keepingCapacity: true)
        }
        young[token] = entry
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
