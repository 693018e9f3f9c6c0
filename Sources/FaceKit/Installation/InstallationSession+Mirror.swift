// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension InstallationSession {
    private static let maximumCardSize = 1 << 20

    /// Installs a model from the mirror; `nil` when there is no mirror or the mirror has no such model.
    func installFromMirror(_ name: String, _ entry: CatalogueModel?) async throws -> Installation? {
        guard let mirror = configuration.mirror else { return nil }
        if case .folder(let path) = mirror, !FileManager.default.fileExists(atPath: path) {
            throw FaceError(.fileUnreadable, "the model mirror \(path) is no folder")
        }
        guard let (subfolder, bytes) = try await card(of: name, entry, in: mirror) else { return nil }
        let place = mirror.place((subfolder.isEmpty ? "" : subfolder + "/") + name + ".json")
        let card = try ModelCard(decoding: bytes, from: place)
        guard card.name == name else {
            throw FaceError(.invalidModelCard, "the model card \(place) is that of \(card.name)")
        }
        try configuration.licensePolicy.check(ModelStore.license(of: card), ofModel: name)
        var isNew = false
        for part in card.parts {
            let relative = (subfolder.isEmpty ? "" : subfolder + "/") + part.file
            let (_, source) = try await self.place(relative, bytes: part.bytes, sha256: part.sha256) {
                partial,
                target in
                let place = mirror.place(relative)
                do {
                    let part = try await self.fetch(
                        place,
                        from: mirror,
                        to: target,
                        partial: partial,
                        named: part.file,
                        bytes: part.bytes,
                        sha256: part.sha256
                    )
                    return (part, place)
                } catch let failure as DownloadFailure {
                    throw FaceError(
                        .downloadFailed,
                        "the mirror has the card of the model \(name) and not its file: \(place): \(failure)"
                    )
                }
            }
            isNew = isNew || source != nil
        }
        try await writeCard(card, bytes: bytes, in: subfolder)
        return Installation(
            name: name,
            path: "\(folder)/" + (subfolder.isEmpty ? "" : subfolder + "/") + card.file,
            wasInstalled: !isNew,
            source: isNew ? mirror.place((subfolder.isEmpty ? "" : subfolder + "/") + card.file) : nil,
            isVerified: card.origin?.isVerified ?? true
        )
    }

    /// The card of a model and the sub-folder it was found in.
    private func card(
        of name: String,
        _ entry: CatalogueModel?,
        in mirror: ModelMirror
    ) async throws -> (subfolder: String, bytes: [UInt8])? {
        // The catalogue knows where to look first.
        let subfolders =
            (entry.map { [$0.folder] } ?? []) + ModelStore.taskFolders.filter { $0 != entry?.folder } + [""]
        for subfolder in subfolders {
            let place = mirror.place((subfolder.isEmpty ? "" : subfolder + "/") + name + ".json")
            switch mirror {
            case .folder:
                guard FileManager.default.fileExists(atPath: place) else { continue }
                guard let data = FileManager.default.contents(atPath: place) else {
                    throw FaceError(.fileUnreadable, "the model card \(place) cannot be read")
                }
                return (subfolder, [UInt8](data))
            case .address:
                do {
                    return (subfolder, try await content(of: place))
                } catch let failure as DownloadFailure {
                    if case .absent = failure { continue }
                    // A mirror that does not answer is not asked five times more.
                    guard entry?.obstacle == nil, entry != nil else {
                        throw FaceError(.downloadFailed, "the mirror cannot be asked: \(place): \(failure)")
                    }
                    onEvent(.detour("the mirror cannot be asked: \(place): \(failure)"))
                    return nil
                }
            }
        }
        return nil
    }

    /// A small file, into memory.
    private func content(of address: String) async throws -> [UInt8] {
        let target = "\(folder)/.downloads/card-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: "\(folder)/.downloads", withIntermediateDirectories: true)
        } catch {
            throw FaceError(.fileUnwritable, "the model folder \(folder) cannot be written", cause: error)
        }
        var limits = configuration.limits
        limits.maximumBytes = Self.maximumCardSize
        defer { try? FileManager.default.removeItem(atPath: target) }
        _ = try await FileDownload(
            address: address,
            target: target,
            partial: target + ".part",
            bytes: nil,
            sha256: nil,
            limits: limits,
            transport: transport,
            progress: { _, _ in }
        ).run()
        return [UInt8](FileManager.default.contents(atPath: target) ?? Data())
    }

    /// Copies a file from a folder or fetches it from an address.
    func fetch(
        _ place: String,
        from mirror: ModelMirror,
        to target: String,
        partial: String,
        named name: String,
        bytes: Int?,
        sha256: String?
    ) async throws -> ModelCard.Part {
        guard case .folder = mirror else {
            return try await download(
                place,
                to: target,
                partial: partial,
                named: name,
                bytes: bytes,
                sha256: sha256
            )
        }
        guard FileManager.default.fileExists(atPath: place) else {
            throw DownloadFailure.absent("there is no such file")
        }
        return try copy(place, to: target, partial: partial, named: name, bytes: bytes, sha256: sha256)
    }

    private func copy(
        _ source: String,
        to target: String,
        partial: String,
        named name: String,
        bytes: Int?,
        sha256: String?
    ) throws -> ModelCard.Part {
        var output = try PartialFile(at: partial, keepingContent: false)
        do {
            let input: FileHandle
            do {
                input = try FileHandle(forReadingFrom: URL(fileURLWithPath: source))
            } catch {
                throw FaceError(.fileUnreadable, "the file \(source) cannot be read", cause: error)
            }
            defer { try? input.close() }
            while let piece = try input.read(upToCount: 1 << 20), !piece.isEmpty {
                try output.append(piece)
                onEvent(.progress(file: name, bytes: output.count, total: bytes))
            }
            let digest = output.digest.hexadecimal
            if let sha256, digest != sha256 {
                throw FaceError(
                    .downloadFailed,
                    "\(source) has the SHA-256 \(digest), expected is \(sha256): it is damaged or another file"
                )
            }
            try output.move(to: target)
            return ModelCard.Part(file: name, sha256: digest, bytes: output.count)
        } catch {
            output.remove()
            throw error
        }
    }
}
