// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a row's similarity has to reach to be among the best: the `limit`-th best of the values that are certain so far.
struct Floor {
    /// Values below cannot be among the best.
    private(set) var value: Float

    private let limit: Int
    private let least: Float
    private var faces: BestHeap<Float>
    /// The best value of each subject, where every subject counts once.
    private var subjects: [UInt32: Float]?
    private var changes = 0

    /// - Parameters:
    ///   - limit: How many are wanted, at least 1.
    ///   - unit: What is counted.
    ///   - least: The similarity that is asked for anyway.
    init(limit: Int, unit: SearchRequest.Unit, least: Float) {
        self.limit = limit
        self.least = least
        value = least
        faces = BestHeap(limit: limit, isBetter: >)
        subjects = unit == .subjects ? [:] : nil
    }

    /// Takes account of a face whose similarity is at least `certain`.
    mutating func offer(_ certain: Float, subject: @autoclosure () -> UInt32) {
        guard certain > value || value == least else { return }
        if subjects == nil {
            faces.offer(certain)
            value = max(least, faces.worst ?? least)
            return
        }
        let subject = subject()
        if let known = subjects?[subject], known >= certain { return }
        subjects?[subject] = certain
        changes += 1
        // Sorting now and then costs less than keeping the subjects in order.
        guard let all = subjects, all.count >= limit, changes >= min(64, limit) else { return }
        changes = 0
        let best = all.sorted { $0.value > $1.value }.prefix(limit)
        value = max(least, best.last?.value ?? least)
        subjects = Dictionary(uniqueKeysWithValues: best.map { ($0.key, $0.value) })
    }
}
