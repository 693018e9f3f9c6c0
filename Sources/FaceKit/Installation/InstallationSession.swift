// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import AsyncHTTPClient
import FaceKit
import FaceKitInference
import Foundation

/// One call of ``ModelInstaller/install(_:onEvent:)``: its connections, and the packs it has fetched.
final class InstallationSession {
    typealias Installation = ModelInstaller.Installation

    let folder: String
    let catalogue: ModelCatalogue
    let configuration: ModelInstaller.Configuration
    let onEvent: @Sendable (ModelInstaller.Event) -> Void
    let transport: HTTPTransport
    /// Packs by their names.
    ///
    /// They are removed at the end, which does not disturb another session that has one open.
    private var archives: [String: (file: MappedFile, address: String)] = [:]

    init(_ installer: ModelInstaller, _ onEvent: @escaping @Sendable (ModelInstaller.Event) -> Void) {
        folder = installer.folder
        catalogue = installer.catalogue
        configuration = installer.configuration
        self.onEvent = onEvent
        transport = HTTPTransport(limits: configuration.limits, environment: configuration.environment)
    }

    /// Closes the connections and removes packs that were unpacked.
    func end() async {
        for archive in archives.values { try? FileManager.default.removeItem(atPath: archive.file.path) }
        await transport.shutdown()
    }

    func install(_ name: String, preferring pack: String?) async throws -> Installation {
        guard ModelStore.isModelName(name) else {
            throw FaceError(.modelNotFound, "\"\(name)\" is no model name: letters, digits and . _ - only")
        }
        let entry = catalogue.model(named: name)
        // The name that was asked for comes first: a mirror may have a model of its own under it.
        let names = [name] + (entry.map { $0.name == name ? [] : [$0.name] } ?? [])
        if let entry { try configuration.licensePolicy.check(entry.license, ofModel: name) }
        for name in names {
            if let installation = try await installFromMirror(name, entry) { return installation }
        }
        for name in names {
            if let installation = try installed(name) { return installation }
        }
        guard let entry else {
            let mirror = configuration.mirror.map { " and the mirror \($0.description) has none of that name" } ?? ""
            throw FaceError(.modelNotFound, "the catalogue has no model \(name)\(mirror): see \"facekit models list\"")
        }
        if let obstacle = entry.obstacle {
            throw FaceError(
                .unsupportedModel,
                "the model \(name) (\(entry.summary), \(entry.homepage)) cannot be used as it is: \(obstacle.advice)"
            )
        }
        guard catalogue.isVerifiable(entry) || configuration.acceptsUnverified else {
            throw FaceError(
                .unverifiedModel,
                "nobody has published the SHA-256 of the model \(name), so that what comes cannot be checked: to fetch it"
                    + " all the same, add --unverified"
            )
        }
        return try await installFromPublisher(entry, preferring: pack)
    }

    // MARK: - What is there

    /// The model, if it is in the folder with all its files whole.
    private func installed(_ name: String) throws(FaceError) -> Installation? {
        let store = ModelStore(folders: [folder])
        guard let file = try? store.model(named: name) else { return nil }
        guard try file.isWhole() else { return nil }
        try configuration.licensePolicy.check(ModelStore.license(of: file.card), ofModel: name)
        return Installation(
            name: file.card.name,
            path: file.path,
            wasInstalled: true,
            source: nil,
            isVerified: file.card.origin?.isVerified ?? true
        )
    }

    // MARK: - From the publisher

    private func installFromPublisher(
        _ entry: CatalogueModel,
        preferring pack: String?
    ) async throws -> Installation {
        var parts: [ModelCard.Part] = []
        var addresses: [String] = []
        for file in entry.files {
            let target = "\(entry.folder)/\(file.name)"
            let (part, address) = try await place(target, bytes: file.bytes, sha256: file.sha256) { partial, final in
                try await self.fetch(file, of: entry, preferring: pack, into: partial, as: final)
            }
            parts.append(part)
            // Of a file that was there already, no other address can be said than the published one.
            addresses.append(address ?? Self.address(of: file.sources[0], in: self.catalogue))
        }
        let card = entry.card(
            parts: parts,
            origin: .init(addresses: addresses, isVerified: catalogue.isVerifiable(entry))
        )
        try await writeCard(card, bytes: nil, in: entry.folder)
        return Installation(
            name: entry.name,
            path: "\(folder)/\(entry.folder)/\(card.file)",
            wasInstalled: false,
            source: addresses[0],
            isVerified: catalogue.isVerifiable(entry)
        )
    }

    private static func address(of source: CatalogueModel.Source, in catalogue: ModelCatalogue) -> String {
        switch source {
        case .address(let address): address
        case .member(_, let pack): catalogue.pack(named: pack)?.address ?? pack
        }
    }

    /// Fetches a file from the first of its sources that has it.
    private func fetch(
        _ file: CatalogueModel.File,
        of entry: CatalogueModel,
        preferring pack: String?,
        into partial: String,
        as target: String
    ) async throws -> (ModelCard.Part, String) {
        func isPreferred(_ source: CatalogueModel.Source) -> Bool {
            guard case .member(_, let name) = source else { return false }
            return name == pack || archives[name] != nil
        }

        // A pack that is at hand costs nothing.
        let sources = file.sources.filter(isPreferred) + file.sources.filter { !isPreferred($0) }
        var failures: [String] = []
        for source in sources {
            do {
                switch source {
                case .address(let address):
                    return (
                        try await download(
                            address,
                            to: target,
                            partial: partial,
                            named: file.name,
                            bytes: file.bytes,
                            sha256: file.sha256
                        ), address
                    )
                case .member(let member, let pack):
                    let archive = try await self.archive(ofPack: pack)
                    let part = try unpack(member, from: archive.file, of: file, into: partial, as: target)
                    return (part, archive.address)
                }
            } catch let failure as DownloadFailure {
                failures.append("\(Self.address(of: source, in: catalogue)): \(failure)")
            }
            if failures.count < sources.count { onEvent(.detour(failures[failures.count - 1])) }
        }
        throw FaceError(
            .downloadFailed,
            "the model \(entry.name) could not be fetched: \(failures.joined(separator: "; "))"
        )
    }

    private func unpack(
        _ member: String,
        from archive: MappedFile,
        of file: CatalogueModel.File,
        into partial: String,
        as target: String
    ) throws(FaceError) -> ModelCard.Part {
        let packed = try PackMember(named: member, in: archive)
        let limit = file.bytes ?? configuration.limits.maximumBytes
        guard packed.size <= limit else {
            throw FaceError(.downloadFailed, "\(member) in the pack has \(packed.size) bytes, expected are \(limit)")
        }
        var output = try PartialFile(at: partial, keepingContent: false)
        do throws(FaceError) {
            try packed.unpack(into: &output)
            let digest = output.digest.hexadecimal
            if let sha256 = file.sha256, digest != sha256 {
                throw FaceError(
                    .downloadFailed,
                    "\(member) in the pack has the SHA-256 \(digest), expected is \(sha256)"
                )
            }
            try output.move(to: target)
            return ModelCard.Part(file: file.name, sha256: digest, bytes: output.count)
        } catch {
            output.remove()
            throw error
        }
    }

    /// The archive of a pack, fetched when it is not at hand.
    private func archive(ofPack name: String) async throws -> (file: MappedFile, address: String) {
        guard let pack = catalogue.pack(named: name) else {
            throw FaceError(.modelNotFound, "the catalogue has no pack \(name)")
        }
        if let archive = archives[name] { return archive }
        var used = pack.address
        var file: MappedFile?
        _ = try await place(".downloads/\(name).zip", bytes: pack.bytes, sha256: pack.sha256) { partial, target in
            if let mirror = self.configuration.mirror {
                do {
                    let place = mirror.place("packs/\(name).zip")
                    let part = try await self.fetch(
                        place,
                        from: mirror,
                        to: target,
                        partial: partial,
                        named: "\(name).zip",
                        bytes: pack.bytes,
                        sha256: pack.sha256
                    )
                    used = place
                    return (part, place)
                } catch let failure as DownloadFailure {
                    if case .absent = failure {} else { self.onEvent(.detour("\(mirror.description): \(failure)")) }
                }
            }
            let part = try await self.download(
                pack.address,
                to: target,
                partial: partial,
                named: "\(name).zip",
                bytes: pack.bytes,
                sha256: pack.sha256
            )
            return (part, pack.address)
        } whileLocked: { path throws(FaceError) in
            do throws(ModelError) {
                file = try MappedFile(path: path)
            } catch {
                throw FaceError(.fileUnreadable, "the pack \(name) cannot be opened: \(error.message)")
            }
        }
        guard let file else { preconditionFailure("a file was placed and not opened") }
        archives[name] = (file, used)
        return (file, used)
    }

    // MARK: - Files

    func download(
        _ address: String,
        to target: String,
        partial: String,
        named name: String,
        bytes: Int?,
        sha256: String?
    ) async throws -> ModelCard.Part {
        let onEvent = onEvent
        var part = try await FileDownload(
            address: address,
            target: target,
            partial: partial,
            bytes: bytes,
            sha256: sha256,
            limits: configuration.limits,
            transport: transport,
            progress: { onEvent(.progress(file: name, bytes: $0, total: $1)) }
        ).run()
        part.file = name
        return part
    }

    /// Puts a file into the folder, unless it is there with the expected SHA-256.
    ///
    /// - Parameters:
    ///   - relative: Where in the folder.
    ///   - bytes: The expected size, where it is known.
    ///   - sha256: The expected hash, where it is known.
    ///   - fetch: Is given the path the file may grow under and its final path, and says what came and from where.
    ///   - whileLocked: Is given the path of the file before another installer may change it.
    /// - Returns: The file, and from where it came if it was not there.
    /// - Throws: ``FaceError/Code/fileUnwritable``, and what the closures throw.
    func place(
        _ relative: String,
        bytes: Int?,
        sha256: String?,
        fetch: (_ partial: String, _ target: String) async throws -> (ModelCard.Part, String),
        whileLocked: (String) throws(FaceError) -> Void = { _ in }
    ) async throws -> (ModelCard.Part, String?) {
        let target = "\(folder)/\(relative)"
        let name = String(relative[(relative.lastIndex(of: "/").map(relative.index(after:)) ?? relative.startIndex)...])
        let key = relative.replacingOccurrences(of: "/", with: "-")
        let downloads = "\(folder)/.downloads"
        do {
            for path in [downloads, (target as NSString).deletingLastPathComponent] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
        } catch {
            throw FaceError(.fileUnwritable, "the model folder \(folder) cannot be written", cause: error)
        }
        let onEvent = onEvent
        let lock = try await FileLock(at: "\(downloads)/\(key).lock") { onEvent(.waiting(file: name)) }
        // Whoever held the lock before may have done the work.
        if let sha256, FileManager.default.fileExists(atPath: target) {
            let part = try FileDigest.part(ofFile: target, as: name)
            if part.sha256 == sha256 {
                try whileLocked(target)
                _ = consume lock
                return (part, nil)
            }
        }
        let (part, source) = try await fetch("\(downloads)/\(key).part", target)
        try whileLocked(target)
        _ = consume lock
        return (part, source)
    }

    /// Writes a model's card, and removes files of an earlier version that the new one has no use for.
    func writeCard(_ card: ModelCard, bytes: [UInt8]?, in subfolder: String) async throws {
        let relative = (subfolder.isEmpty ? "" : subfolder + "/") + card.name + ".json"
        let path = "\(folder)/\(relative)"
        let content: [UInt8]
        if let bytes {
            content = bytes
        } else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            content = [UInt8](try encoder.encode(card)) + [UInt8(ascii: "\n")]
        }
        let former = try? ModelFile(cardAt: path)
        if FileManager.default.contents(atPath: path) == Data(content) { return }
        let lock = try await FileLock(
            at: "\(folder)/.downloads/\(relative.replacingOccurrences(of: "/", with: "-")).lock"
        ) {}
        var file = try PartialFile(
            at: "\(folder)/.downloads/\(relative.replacingOccurrences(of: "/", with: "-")).part",
            keepingContent: false
        )
        try file.append(content)
        try file.move(to: path)
        let needed = Set(card.parts.map(\.file))
        for (path, part) in zip(former?.paths ?? [], former?.card.parts ?? [])
        where !needed.contains(part.file) && part.file.hasPrefix(card.name + ".") {
            try? FileManager.default.removeItem(atPath: path)
        }
        _ = consume lock
    }
}
