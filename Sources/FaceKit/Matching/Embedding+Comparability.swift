// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Embedding {
    /// Makes sure that both vectors mean the same.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when the spaces or the dimensions differ.
    func requireComparable(with reference: Embedding) throws(FaceError) {
        guard space == reference.space, vector.count == reference.vector.count else {
            throw FaceError(
                .incomparableEmbeddings,
                "an embedding of \(space) (\(vector.count) dimensions) cannot be compared with one of"
                    + " \(reference.space) (\(reference.vector.count))"
            )
        }
    }
}
