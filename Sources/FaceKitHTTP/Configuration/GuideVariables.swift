// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The variables of CompreFace's own environment file, as far as they mean something here.
enum GuideVariables {
    private enum Meaning {
        /// The same as a setting of ours.
        case setting(String)
        /// Nothing here, because of what is said.
        case refused(String)
    }

    private static let sqlite = "everything is kept in the folder that --data names; leave it out"
    private static let processes = "requests are computed in one process; compute.workers says how many at a time"
    private static let java = "there is no Java machine here; leave it out"
    private static let images = "it names container images of the original; leave it out"

    private static let meanings: [String: Meaning] = [
        "enable_email_server": .setting("mail.enabled"),
        "email_host": .setting("mail.host"),
        "email_username": .setting("mail.username"),
        "email_password": .setting("mail.password"),
        "email_from": .setting("mail.from"),
        "FRS_CRUD_HOST": .setting("accounts.host"),
        "COMMON_ACCESS_TOKEN_VALIDITY": .setting("accounts.access_token_validity"),
        "COMMON_REFRESH_TOKEN_VALIDITY": .setting("accounts.refresh_token_validity"),
        "MODEL_STATISTIC_MONTHS": .setting("accounts.statistics_months"),
        "save_images_to_db": .setting("compreface.save_images_to_db"),
        "max_file_size": .setting("compreface.max_file_size"),
        "max_request_size": .setting("compreface.max_request_size"),
        "max_detect_size": .setting("compreface.max_detect_size"),
        "postgres_username": .refused(sqlite),
        "postgres_password": .refused(sqlite),
        "postgres_db": .refused(sqlite),
        "postgres_domain": .refused(sqlite),
        "postgres_port": .refused(sqlite),
        "uwsgi_processes": .refused(processes),
        "uwsgi_threads": .refused(processes),
        "connection_timeout": .refused("there is no proxy between parts of the server; timeouts.body bounds requests"),
        "read_timeout": .refused("there is no proxy between parts of the server; timeouts.body bounds requests"),
        "compreface_api_java_options": .refused(java),
        "compreface_admin_java_options": .refused(java),
        "registry": .refused(images),
        "ADMIN_VERSION": .refused(images),
        "API_VERSION": .refused(images),
        "FE_VERSION": .refused(images),
        "CORE_VERSION": .refused(images),
        "POSTGRES_VERSION": .refused(images),
    ]

    /// Reads an environment file: `name=value` lines, with `#` before comments and quotes around values where wanted.
    ///
    /// - Returns: Our settings by path, and what is wrong.
    static func settings(file text: String) -> (settings: [String: String], faults: [String]) {
        var settings: [String: String] = [:]
        var faults: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingSpace()
            guard !line.isEmpty, line.first != "#" else { continue }
            guard let equals = line.firstIndex(of: "=") else {
                faults.append("environment file, line \(index + 1): name=value is wanted")
                continue
            }
            let name = String(line[..<equals].trimmingSpace())
            var value = String(line[line.index(after: equals)...].trimmingSpace())
            for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
                value = String(value.dropFirst().dropLast())
            }
            switch meanings[name] {
            case .setting(let path): if !value.isEmpty { settings[path] = value }
            case .refused(let reason): if !value.isEmpty { faults.append("environment file, \(name): \(reason)") }
            case nil: faults.append("environment file, \(name): no such variable")
            }
        }
        return (settings, faults)
    }

    /// Our settings among the variables of the process; what means nothing here may be meant for other programs.
    static func settings(environment: [String: String]) -> [String: String] {
        var settings: [String: String] = [:]
        for (name, meaning) in meanings {
            if case .setting(let path) = meaning, let value = environment[name], !value.isEmpty {
                settings[path] = value
            }
        }
        return settings
    }
}
