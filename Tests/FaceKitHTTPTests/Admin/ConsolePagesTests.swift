// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitConsole
import Foundation
import HTTPTypes
import Testing

@testable import FaceKitHTTP

@Suite("The web pages' files")
struct ConsolePagesTests {
    private func browser() -> AdminBrowser {
        let browser = AdminBrowser(ConsolePages())
        browser.headers["Accept"] = "text/html,application/xhtml+xml,*/*;q=0.8"
        return browser
    }

    @Test("every native path shows the pages, under a strict policy", arguments: ConsolePages.paths)
    func pages(path: String) async throws {
        let answer = try await browser().send(.get, path)
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
        let policy = try #require(answer.headers[.contentSecurityPolicy])
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe") && !policy.contains("http"))
    }

    @Test("other paths go to the first page for browsers, and are unknown to programs")
    func otherPaths() async throws {
        let browser = browser()
        for path in ["/nowhere", "/some/thing/deep"] {
            let answer = try await browser.send(.get, path)
            #expect(answer.status == 302 && answer.headers[.location] == "/")
        }
        #expect(try await browser.send(.get, "/console/nothing.js").status == 404)
        browser.headers["Accept"] = "application/json"
        let answer = try await browser.send(.get, "/nowhere")
        #expect(answer.status == 404 && answer.text == #"{"error":"Not Found"}"#)
    }

    @Test("files are revalidated, not sent again")
    func revalidation() async throws {
        let browser = browser()
        let first = try await browser.send(.get, "/console/console.js")
        #expect(first.status == 200 && first.headers[.contentType] == "text/javascript; charset=utf-8")
        browser.headers["If-None-Match"] = first.headers[.eTag]
        let second = try await browser.send(.get, "/console/console.js")
        #expect(second.status == 304 && second.bytes.isEmpty)
    }

    /// The folder of the files, where the sources are.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources/FaceKitHTTP/Console/Files/Resources").standardizedFileURL

    private static func files() throws -> [String] {
        let all = try #require(
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        )
        return all.compactMap { $0 as? URL }.filter { !$0.hasDirectoryPath }
            .map { String($0.standardizedFileURL.path.dropFirst(folder.path.count + 1)) }
    }

    @Test("every file is served as it is")
    func everyFile() throws {
        let files = try Self.files()
        #expect(Set(files) == Set(ConsoleFile.all.keys))
        for file in files {
            let data = try Data(contentsOf: Self.folder.appending(path: file))
            #expect(ConsoleFile.all[file].map { Data($0.bytes) } == data, "\(file)")
        }
    }

    @Test("nothing is inline and nothing comes from elsewhere")
    func strictFiles() throws {
        for (path, file) in ConsoleFile.all {
            let text = String(decoding: file.bytes, as: UTF8.self).replacing("http://www.w3.org/", with: "")
            #expect(!text.contains("http://") && !text.contains("https://"), "\(path)")
            #expect(!text.contains("innerHTML") && !text.contains("eval("), "\(path)")
            guard path.hasSuffix(".html") else { continue }
            #expect(!text.contains("<style") && !text.contains(" style=") && !text.contains("onclick="))
            #expect(!text.replacing(" src=", with: "").contains("<script>"))
        }
    }

    @Test("modules import only what is there")
    func imports() throws {
        for (path, file) in ConsoleFile.all where path.hasSuffix(".js") {
            let folder = path.split(separator: "/").dropLast().map(String.init)
            for match in String(decoding: file.bytes, as: UTF8.self).matches(of: /from "(\.[^"]+)"/) {
                var parts = folder
                for part in match.1.split(separator: "/") {
                    if part == ".." { parts.removeLast() } else if part != "." { parts.append(String(part)) }
                }
                #expect(ConsoleFile.all[parts.joined(separator: "/")] != nil, "\(path) imports \(match.1)")
            }
        }
    }

    @Test("both languages have the same texts with the same places for values")
    func languages() throws {
        func table(_ name: String) throws -> [String: String] {
            let text = String(decoding: try #require(ConsoleFile.all["strings/\(name).js"]).bytes, as: UTF8.self)
            return Dictionary(
                text.matches(of: /\n  "([^"]+)": "((?:[^"\\]|\\.)*)",/).map { (String($0.1), String($0.2)) },
                uniquingKeysWith: { first, _ in first }
            )
        }
        let english = try table("english")
        let chinese = try table("chinese")
        #expect(english.count > 300)
        // Chinese has one form for every count.
        let single = Set(english.keys.filter { $0.hasSuffix(".one") })
        #expect(Set(english.keys).subtracting(single) == Set(chinese.keys))
        for (key, text) in chinese {
            let places = { (text: String) in Set(text.matches(of: /\{\w+\}/).map { String($0.0) }) }
            #expect(places(text) == places(english[key] ?? ""), "\(key)")
        }
        let used = ConsoleFile.all.filter { $0.key.hasSuffix(".js") }.values.flatMap { file in
            String(decoding: file.bytes, as: UTF8.self).matches(of: /\bt\("([^"]+)"/).map { String($0.1) }
        }
        for key in Set(used) { #expect(english[key] != nil || english["\(key).other"] != nil, "\(key) has no text") }
    }
}
