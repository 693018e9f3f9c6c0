// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// Where the vector of a template lies, in eight bytes.
struct VectorPlace: Hashable, Sendable {
    /// The file that holds it.
    enum File: Hashable, Sendable {
        case snapshot, log
    }

    /// The offset in the lower bits, the file in the highest.
    private let value: UInt64

    /// The search index keeps the vector.
    static let index = VectorPlace(value: .max)

    private init(value: UInt64) { self.value = value }

    /// A vector whose first component lies so many bytes from the start of a file.
    init(_ file: File, offset: UInt64) {
        value = offset | (file == .log ? 1 << 63 : 0)
    }

    /// `nil` for a vector that the index keeps.
    var location: (file: File, offset: UInt64)? {
        self == .index ? nil : (value >> 63 == 0 ? .snapshot : .log, value & ~(1 << 63))
    }
}

/// A vector in preparation.
enum StoredVector: Sendable {
    /// In memory.
    case values([Float])
    /// In a file.
    case place(VectorPlace)
}

/// The files that hold the vectors of a gallery.
final class VectorFiles: Sendable {
    private let snapshot: StoredFile?
    private let log: StoredFile?

    init(snapshot: StoredFile?, log: StoredFile?) {
        self.snapshot = snapshot
        self.log = log
    }

    /// Reads a vector.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/galleryDamaged`` where the file ends before.
    func vector(_ file: VectorPlace.File, offset: UInt64, dimension: Int) throws -> [Float] {
        let holder =
            switch file {
            case .snapshot: snapshot
            case .log: log
            }
        guard let holder else { throw FaceError(.fileUnreadable, "the file of an embedding is missing") }
        let vector = try [Float](unsafeUninitializedCapacity: dimension) { buffer, filled in
            filled = try holder.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer)) / 4
        }
        guard vector.count == dimension else {
            throw FaceError(.galleryDamaged, "\(holder.path) ends in the embedding at offset \(offset)")
        }
        #if _endian(little)
            return vector
        #else
            return vector.map { Float(bitPattern: UInt32(littleEndian: $0.bitPattern)) }
        #endif
    }
}
