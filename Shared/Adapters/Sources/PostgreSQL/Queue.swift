/// First in, first out, without moving what stays.
struct Queue<Element> {
    private var elements: [Element?] = []
    private var start = 0

    var count: Int { elements.count - start }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : elements[start] }

    func prefix(_ count: Int) -> [Element] {
        elements[start...].prefix(count).compactMap { $0 }
    }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func prepend(_ element: Element) {
        if start == 0 {
            elements.insert(element, at: 0)
        } else {
            start -= 1
            elements[start] = element
        }
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer { removeFirst() }
        return elements[start]
    }

    mutating func removeFirst() {
        elements[start] = nil
        start += 1
        if start == elements.count {
            elements.removeAll(keepingCapacity: start < 4096)
            start = 0
        } else if start > 1024, start > elements.count / 2 {
            elements.removeFirst(start)
            start = 0
        }
    }

    mutating func removeAll() -> [Element] {
        defer { self = Queue() }
        return elements[start...].compactMap { $0 }
    }
}
