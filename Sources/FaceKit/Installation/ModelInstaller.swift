// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation

/// Puts models that were asked for by name into a folder: from a mirror where there is one that has them, otherwise
/// from their publishers.
///
/// A file appears under its name when it is whole and has the expected SHA-256, and the card of a model appears last.
/// Interrupted downloads go on where they stopped, and several installers may work on one folder at the same time.
public struct ModelInstaller: Sendable {
    /// From where, and what is accepted.
    public struct Configuration: Sendable {
        /// Tried first.
        ///
        /// The default is no mirror.
        public var mirror: ModelMirror?
        /// Which licences models may have.
        ///
        /// The default is any.
        public var licensePolicy = LicensePolicy.any
        /// Whether models are fetched whose SHA-256 nobody has published.
        ///
        /// The default is false.
        public var acceptsUnverified = false
        /// Patience and sizes.
        public var limits = DownloadLimits()
        /// Where `https_proxy`, `no_proxy` and `SSL_CERT_FILE` are looked up.
        ///
        /// The default is the environment of the process.
        public var environment = ProcessInfo.processInfo.environment

        /// Creates the default configuration.
        public init() {}
    }

    /// A model that was asked for, now in the folder.
    public struct Installation: Hashable, Sendable {
        /// The name of the model.
        public var name: String
        /// Where its file is.
        public var path: String
        /// Whether it was there before, whole.
        public var wasInstalled: Bool
        /// Where it came from: a path or an address; `nil` when it was there.
        public var source: String?
        /// Whether its SHA-256 was known beforehand.
        public var isVerified: Bool
    }

    /// What happens meanwhile.
    public enum Event: Hashable, Sendable {
        /// Of a file there are so many bytes, and will be so many, where that is known.
        case progress(file: String, bytes: Int, total: Int?)
        /// Another process works on the same file.
        case waiting(file: String)
        /// Something did not work, and there is another way.
        case detour(String)
    }

    /// The folder that models are put into.
    public let folder: String
    /// What is known by name.
    public let catalogue: ModelCatalogue
    /// From where, and what is accepted.
    public let configuration: Configuration

    /// Creates an installer for a folder, which is made when it is needed.
    public init(folder: String, catalogue: ModelCatalogue = .standard, configuration: Configuration = .init()) {
        self.folder = folder
        self.catalogue = catalogue
        self.configuration = configuration
    }

    /// Installs models, packs of models, or models that only the mirror has.
    ///
    /// What is installed and whole is left alone, except that a mirror's newer version replaces it.
    ///
    /// - Parameters:
    ///   - names: Names of models, in the catalogue or the mirror, or of packs.
    ///   - onEvent: Told what happens.
    /// - Returns: The models, in the order of their names; a pack stands for those it holds.
    /// - Throws: ``FaceError``: `modelNotFound`, `licenseRefused`, `unverifiedModel`, `downloadFailed`,
    ///   `fileUnwritable`, `fileUnreadable`, `invalidModelCard` or `unsupportedModel` for a model that is published in a
    ///   format that FaceKit does not read; or a cancellation error.
    public func install(
        _ names: [String],
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws -> [Installation] {
        let session = InstallationSession(self, onEvent)
        do {
            var installations: [Installation] = []
            for name in names {
                if let pack = catalogue.pack(named: name) {
                    for model in catalogue.models(inPack: pack.name) {
                        installations.append(try await session.install(model.name, preferring: pack.name))
                    }
                } else {
                    installations.append(try await session.install(name, preferring: nil))
                }
            }
            await session.end()
            return installations
        } catch {
            await session.end()
            throw error
        }
    }
}
