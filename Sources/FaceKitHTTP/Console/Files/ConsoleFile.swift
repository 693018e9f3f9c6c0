// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Crypto
import Foundation

/// The files of the pages, which are part of the executable.
package struct ConsoleFile: Sendable {
    package let bytes: [UInt8]
    /// For `Content-Type`.
    package let type: String
    /// Changes with the content.
    package let tag: String

    /// All files, by their path below `/console`.
    package static let all: [String: ConsoleFile] = contents.reduce(into: [:]) { files, entry in
        files[entry.key] = ConsoleFile(path: entry.key, bytes: entry.value)
    }

    private init(path: String, bytes: [UInt8]) {
        self.bytes = bytes
        type =
            switch path.split(separator: ".").last {
            case "html": "text/html; charset=utf-8"
            case "css": "text/css; charset=utf-8"
            case "svg": "image/svg+xml"
            default: "text/javascript; charset=utf-8"
            }
        let digest = SHA256.hash(data: bytes).prefix(12)
        tag = "\"" + digest.map { String(format: "%02x", $0) }.joined() + "\""
    }

    private static let contents: [String: [UInt8]] = [
        "appearance.js": PackageResources.appearance_js,
        "check.svg": PackageResources.check_svg,
        "chevron.svg": PackageResources.chevron_svg,
        "console.js": PackageResources.console_js,
        "elements.css": PackageResources.elements_css,
        "index.html": PackageResources.index_html,
        "interface.js": PackageResources.interface_js,
        "mark.svg": PackageResources.mark_svg,
        "pages/activity.js": PackageResources.activity_js,
        "pages/application.js": PackageResources.application_js,
        "pages/applications.js": PackageResources.applications_js,
        "pages/collection.js": PackageResources.collection_js,
        "pages/compare.js": PackageResources.compare_js,
        "pages/create-application.js": PackageResources.create_application_js,
        "pages/dashboard.js": PackageResources.dashboard_js,
        "pages/demo.js": PackageResources.demo_js,
        "pages/fusion.js": PackageResources.fusion_js,
        "pages/log-in.js": PackageResources.log_in_js,
        "pages/reset-password.js": PackageResources.reset_password_js,
        "pages/settings.js": PackageResources.settings_js,
        "pages/sign-up.js": PackageResources.sign_up_js,
        "pages/starting.js": PackageResources.starting_js,
        "pages/test.js": PackageResources.test_js,
        "pages/users.js": PackageResources.users_js,
        "parts/bar-chart.js": PackageResources.bar_chart_js,
        "parts/camera.js": PackageResources.camera_js,
        "parts/code.js": PackageResources.code_js,
        "parts/comparison-test.js": PackageResources.comparison_test_js,
        "parts/detection-test.js": PackageResources.detection_test_js,
        "parts/dialogs.js": PackageResources.dialogs_js,
        "parts/drop-zone.js": PackageResources.drop_zone_js,
        "parts/elements.js": PackageResources.elements_js,
        "parts/examples.js": PackageResources.examples_js,
        "parts/face-picture.js": PackageResources.face_picture_js,
        "parts/frame.js": PackageResources.frame_js,
        "parts/icons.js": PackageResources.icons_js,
        "parts/keys.js": PackageResources.keys_js,
        "parts/members.js": PackageResources.members_js,
        "parts/menus.js": PackageResources.menus_js,
        "parts/notices.js": PackageResources.notices_js,
        "parts/pictures.js": PackageResources.pictures_js,
        "parts/portrait.js": PackageResources.portrait_js,
        "parts/services.js": PackageResources.services_js,
        "parts/uploads.js": PackageResources.uploads_js,
        "sections.css": PackageResources.sections_css,
        "session.js": PackageResources.session_js,
        "strings.js": PackageResources.strings_js,
        "strings/chinese.js": PackageResources.chinese_js,
        "strings/english.js": PackageResources.english_js,
        "tokens.css": PackageResources.tokens_css,
    ]
}
