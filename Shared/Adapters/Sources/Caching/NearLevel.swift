/// What a process keeps itself: bounded by number and by size; what wasn't used for longest goes first.
///
/// No timer runs: what has expired is found out when it is looked up, or pushed out like the rest.
struct NearLevel {
    private let limits: Limits
    private var slots: [Slot] = []
    private var places: [String: Int] = [:]
    private var free: [Int] = []
    /// The ends of the chain through the slots, from the last used to the first to go.
    private var newest = Self.none
    private var oldest = Self.none
    private(set) var byteCount = 0

    /// Of one service's cache in one process.
    struct Limits: Sendable {
        var entries: Int
        var bytes: Int
    }

    private struct Slot {
        var name: String
        /// `nil` in a slot that is free.
        var value: (any Sendable)?
        var byteCount: Int
        var expiry: ContinuousClock.Instant
        var newer: Int
        var older: Int
    }

    private static let none = -1
    /// What an entry takes beside its name and value, roughly.
    private static let overheadBytes = 128

    init(limits: Limits) {
        self.limits = limits
    }

    var count: Int { places.count }

    mutating func value(for name: String, at now: ContinuousClock.Instant) -> (any Sendable)? {
        guard let place = places[name] else { return nil }
        guard slots[place].expiry > now else {
            remove(name)
            return nil
        }
        unlink(place)
        link(place)
        return slots[place].value
    }

    /// What is larger than a quarter of the whole isn't kept: it would push out too much.
    mutating func set(
        _ name: String, to value: any Sendable, byteCount: Int, until expiry: ContinuousClock.Instant
    ) {
        remove(name)
        guard limits.entries > 0, byteCount <= limits.bytes / 4 else { return }
        let byteCount = byteCount + name.utf8.count + Self.overheadBytes
        let slot = Slot(
            name: name, value: value, byteCount: byteCount, expiry: expiry, newer: Self.none, older: Self.none)
        let place = free.popLast() ?? slots.count
        if place == slots.count { slots.append(slot) } else { slots[place] = slot }
        places[name] = place
        link(place)
        self.byteCount += byteCount
        while places.count > limits.entries || self.byteCount > limits.bytes {
            remove(slots[oldest].name)
        }
    }

    mutating func remove(_ name: String) {
        guard let place = places.removeValue(forKey: name) else { return }
        unlink(place)
        byteCount -= slots[place].byteCount
        slots[place].value = nil
        slots[place].name = ""
        free.append(place)
    }

    mutating func removeAll() {
        self = NearLevel(limits: limits)
    }

    // MARK: - The chain

    private mutating func link(_ place: Int) {
        slots[place].newer = Self.none
        slots[place].older = newest
        if newest != Self.none { slots[newest].newer = place }
        newest = place
        if oldest == Self.none { oldest = place }
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (slots[place].newer, slots[place].older)
        if newer == Self.none { newest = older } else { slots[newer].older = older }
        if older == Self.none { oldest = newer } else { slots[older].newer = newer }
    }
}
