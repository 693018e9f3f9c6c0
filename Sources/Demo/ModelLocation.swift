// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitModels
import Foundation

/// Where models are and which may be used: what every command that has to do with models asks.
struct ModelLocation: ParsableArguments {
    @Option(help: ArgumentHelp("A folder of models, looked into before the others.", valueName: "dir"))
    var models: String?

    @Option(
        help: ArgumentHelp(
            "Which licences models may have: any, or commercial for those that allow commercial use"
                + " (default: FACEKIT_LICENSE_POLICY, else any).",
            valueName: "policy"
        ),
        transform: LicensePolicy.named
    )
    var licensePolicy = LicensePolicy.named(by: ProcessInfo.processInfo.environment)

    /// The folder that models are fetched into.
    var cache: String {
        models ?? Self.variable("FACEKIT_MODELS") ?? FileManager.default.homeDirectoryForCurrentUser.path
            + "/.cache/facekit"
    }

    /// What is tried first when models are fetched.
    var mirror: ModelMirror? {
        get throws { try Self.variable("FACEKIT_MODEL_MIRROR").map { text in try ModelMirror(text) } }
    }

    /// The models of all folders that are named by option or environment.
    var store: ModelStore {
        let home = FileManager.default.homeDirectoryForCurrentUser.path
        var folders = [models, Self.variable("FACEKIT_MODELS") ?? home + "/.cache/facekit"].compactMap(\.self)
        // A mirror that is an address is for fetching, one that is a folder can be used in place.
        if case .folder(let path)? = try? mirror { folders.append(path) }
        return ModelStore(
            folders: folders,
            licensePolicy: licensePolicy,
            advice: "name another folder by --models, FACEKIT_MODELS or FACEKIT_MODEL_MIRROR"
        )
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension LicensePolicy {
    fileprivate static func named(_ word: String) throws -> LicensePolicy {
        guard let policy = LicensePolicy(rawValue: word) else {
            let known = allCases.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("a licence policy is \(known), not \(word)")
        }
        return policy
    }

    /// A word that is no policy counts as the strict one: a slip must not loosen what was meant to be tight.
    fileprivate static func named(by environment: [String: String]) -> LicensePolicy {
        guard let word = environment["FACEKIT_LICENSE_POLICY"], !word.isEmpty else { return .any }
        return LicensePolicy(rawValue: word.lowercased()) ?? .commercial
    }
}
