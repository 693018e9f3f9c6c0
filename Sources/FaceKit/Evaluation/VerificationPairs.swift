// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Pairs of pictures of which it is known whether they show the same person, in folds.
public struct VerificationPairs: Hashable, Sendable {
    /// Two pictures.
    public struct Pair: Hashable, Sendable {
        /// The path of the first picture, relative to the folder of the set.
        public var first: String
        /// The path of the second picture, relative to the folder of the set.
        public var second: String
        /// Whether both show the same person.
        public var isMated: Bool

        /// Creates a pair.
        public init(first: String, second: String, isMated: Bool) {
            self.first = first
            self.second = second
            self.isMated = isMated
        }
    }

    /// How many folds the pairs are divided into.
    public let folds: Int
    /// The pairs, fold after fold, all folds of the same size.
    public let pairs: [Pair]

    /// Creates a set of pairs.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` when there is no pair or the folds would differ in size.
    public init(folds: Int, pairs: [Pair]) throws(FaceError) {
        guard folds >= 1, !pairs.isEmpty, pairs.count.isMultiple(of: folds) else {
            throw FaceError(.invalidEvaluationData, "\(pairs.count) pairs cannot be divided into \(folds) equal folds")
        }
        self.folds = folds
        self.pairs = pairs
    }

    /// The fold in which the pair at `index` is.
    public func fold(ofPair index: Int) -> Int { index / (pairs.count / folds) }

    /// The person in a picture: the folder it is in.
    static func person(in picture: String) -> Substring {
        picture.prefix(upTo: picture.lastIndex(of: "/") ?? picture.startIndex)
    }

    /// Every picture that occurs, once, in alphabetical order.
    public var pictures: [String] { Set(pairs.flatMap { [$0.first, $0.second] }).sorted() }
}

extension VerificationPairs {
    /// Reads the `pairs.txt` of Labeled Faces in the Wild.
    ///
    /// The data set is that of G. Huang et al., UMass Technical Report 07-49, 2007. The first line holds the number of folds and of pairs of each kind in a fold; the others, separated by tabs, a
    /// name and two numbers (same person) or two times a name and a number.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, or ``FaceError/Code/invalidEvaluationData`` with the number of the
    ///   line that was wrong.
    public init(lfwFile path: String) throws(FaceError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw FaceError(.fileUnreadable, "the pair list \(path) cannot be read", cause: error)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw FaceError(.invalidEvaluationData, "the pair list \(path) is not UTF-8 text")
        }
        try self.init(lfwText: text, from: path)
    }

    /// Reads the text of a `pairs.txt`; see ``init(lfwFile:)``.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` with `source` and the number of the line that was wrong.
    public init(lfwText text: String, from source: String) throws(FaceError) {
        func fault(_ line: Int, _ message: String) -> FaceError {
            FaceError(.invalidEvaluationData, "\(source), line \(line): \(message)")
        }

        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let header = lines[0].split(whereSeparator: \.isWhitespace).map { Int($0) }
        guard header.count >= 2, let folds = header[0], let perKind = header[1],
            1...1000 ~= folds, 1...1_000_000 ~= perKind
        else {
            throw fault(1, "\"\(lines[0].prefix(40))\" is not a number of folds and a number of pairs")
        }
        var pairs: [Pair] = []
        for (index, line) in lines.enumerated().dropFirst() where !line.allSatisfy(\.isWhitespace) {
            let fields = line.split(separator: "\t").map { $0.trimmingCharacters(in: .whitespaces) }

            func picture(_ name: String, _ number: String) throws(FaceError) -> String {
                guard let number = Int(number), number >= 0 else {
                    throw fault(index + 1, "\"\(number)\" is not the number of a picture")
                }
                let digits = String(number)
                return "\(name)/\(name)_\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).jpg"
            }

            switch fields.count {
            case 3:
                try pairs.append(
                    Pair(first: picture(fields[0], fields[1]), second: picture(fields[0], fields[2]), isMated: true)
                )
            case 4:
                try pairs.append(
                    Pair(first: picture(fields[0], fields[1]), second: picture(fields[2], fields[3]), isMated: false)
                )
            default:
                throw fault(index + 1, "\(fields.count) fields where 3 or 4 are wanted")
            }
        }
        guard pairs.count == folds * 2 * perKind else {
            throw fault(1, "\(folds) folds of 2×\(perKind) pairs are announced, \(pairs.count) pairs follow")
        }
        try self.init(folds: folds, pairs: pairs)
    }
}
