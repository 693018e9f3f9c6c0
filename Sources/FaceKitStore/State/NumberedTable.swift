// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Entries by ascending number, with removals that cost nothing: a removed entry leaves a gap, and gaps are closed once
/// they are more than half of the table.
struct NumberedTable<Entry> {
    private var numbers: [UInt64] = []
    private var entries: [Entry?] = []
    private(set) var count = 0

    /// The highest number that is or was in the table, as far as it is known.
    var last: UInt64? { numbers.last }

    /// Adds an entry behind the others; its number is the highest so far.
    mutating func append(_ entry: Entry, number: UInt64) {
        assert(numbers.last.map { $0 < number } ?? true)
        numbers.append(number)
        entries.append(entry)
        count += 1
    }

    mutating func reserveCapacity(_ capacity: Int) {
        numbers.reserveCapacity(capacity)
        entries.reserveCapacity(capacity)
    }

    /// The entry of that number.
    subscript(number: UInt64) -> Entry? {
        get { place(of: number).flatMap { entries[$0] } }
        set {
            guard let place = place(of: number), entries[place] != nil else { return }
            entries[place] = newValue
            if newValue == nil {
                count -= 1
                if numbers.count > 64, count < numbers.count / 2 { closeGaps() }
            }
        }
    }

    /// Changes an entry in its place.
    mutating func update(_ number: UInt64, _ change: (inout Entry) -> Void) {
        guard let place = place(of: number), entries[place] != nil else { return }
        change(&entries[place]!)
    }

    /// Calls `body` for the entries behind `start` in their order, until it returns false.
    func forEach(from start: Start, _ body: (UInt64, Entry) throws -> Bool) rethrows {
        var place: Int
        switch start {
        case .after(let number):
            place = firstPlace(above: number)
        case .offset(let offset):
            guard offset < count else { return }
            place = 0
            if count == numbers.count {
                place = offset
            } else {
                var left = offset
                while left > 0 || entries[place] == nil {
                    if entries[place] != nil { left -= 1 }
                    place += 1
                }
            }
        }
        while place < numbers.count {
            if let entry = entries[place], try !body(numbers[place], entry) { return }
            place += 1
        }
    }

    /// Calls `body` for all entries in their order.
    func forEach(_ body: (UInt64, Entry) throws -> Void) rethrows {
        for place in numbers.indices {
            if let entry = entries[place] { try body(numbers[place], entry) }
        }
    }

    /// Changes all entries in their order.
    mutating func updateAll(_ change: (inout Entry) -> Void) {
        for place in entries.indices where entries[place] != nil { change(&entries[place]!) }
    }

    /// Where a walk starts.
    enum Start {
        case offset(Int)
        case after(UInt64)
    }

    private func firstPlace(above number: UInt64) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func place(of number: UInt64) -> Int? {
        let place = firstPlace(above: number) - 1
        return place >= 0 && numbers[place] == number ? place : nil
    }

    private mutating func closeGaps() {
        var free = 0
        for place in numbers.indices where entries[place] != nil {
            if place != free {
                numbers[free] = numbers[place]
                entries.swapAt(free, place)
            }
            free += 1
        }
        numbers.removeLast(numbers.count - free)
        entries.removeLast(entries.count - free)
    }
}
