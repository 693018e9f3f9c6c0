// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Keeps the best `limit` of the elements it is offered, in a heap with the worst of them at the top.
struct BestHeap<Element> {
    let limit: Int
    private let isBetter: (Element, Element) -> Bool
    private(set) var elements: [Element] = []

    /// - Parameters:
    ///   - limit: How many to keep, at least 1.
    ///   - isBetter: Whether the first is better than the second.
    init(limit: Int, isBetter: @escaping (Element, Element) -> Bool) {
        self.limit = limit
        self.isBetter = isBetter
    }

    /// The worst that is kept once there are `limit`, `nil` before.
    var worst: Element? { elements.count == limit ? elements.first : nil }

    /// Takes `element` when fewer than `limit` are kept or it is better than the worst of them.
    mutating func offer(_ element: Element) {
        if elements.count < limit {
            elements.append(element)
            siftUp(from: elements.count - 1)
        } else if isBetter(element, elements[0]) {
            elements[0] = element
            siftDownFromTop()
        }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBetter(elements[parent], elements[child]) else { return }
            elements.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDownFromTop() {
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count {
                if isBetter(elements[worst], elements[child]) { worst = child }
            }
            guard worst != parent else { return }
            elements.swapAt(parent, worst)
            parent = worst
        }
    }
}
