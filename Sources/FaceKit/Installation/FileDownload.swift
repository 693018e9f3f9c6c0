// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import AsyncHTTPClient
import FaceKit
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// One file on its way from an address into a folder.
///
/// Bytes go into `NAME.part`, and `NAME.part.json` says of which address and version they are; both stay when the
/// download is interrupted, and the next one asks for the rest. The file takes its name when its length and SHA-256 are
/// the expected ones.
struct FileDownload {
    let address: String
    /// Where it goes, whole.
    let target: String
    /// Where it grows.
    let partial: String
    let bytes: Int?
    let sha256: String?
    let limits: DownloadLimits
    let transport: HTTPTransport
    /// Told how many bytes there are, and how many there will be, where that is known.
    let progress: (Int, Int?) -> Void

    /// What is known of a partial file.
    private struct Record: Codable {
        var address: String
        /// The server's name for the version, for the header `If-Range`.
        var validator: String?
    }

    private var recordPath: String { partial + ".json" }

    /// Fetches the file.
    ///
    /// - Returns: What came.
    /// - Throws: ``DownloadFailure``, ``FaceError`` when the disk refuses, or a cancellation error.
    func run() async throws -> ModelCard.Part {
        var record = Record(address: address)
        var keepsContent = false
        if let data = try? Data(contentsOf: URL(fileURLWithPath: recordPath)),
            let found = try? JSONDecoder().decode(Record.self, from: data), found.address == address,
            // Without a version, only a hash can tell that the parts belong together.
            found.validator != nil || sha256 != nil
        {
            (record, keepsContent) = (found, true)
        }
        var file = try PartialFile(at: partial, keepingContent: keepsContent)
        var resumes = file.count > 0
        var failures = 0
        while true {
            let before = file.count
            do {
                try await fetch(into: &file, &record)
                try check(file)
                break
            } catch let failure as DownloadFailure {
                if case .permanent = failure, resumes, file.count > 0 {
                    // What an earlier download left may be to blame.
                    resumes = false
                    try file.clear()
                    continue
                }
                guard case .transient(_, let pause) = failure else {
                    remove(file)
                    throw failure
                }
                failures = file.count > before ? 1 : failures + 1
                guard failures < limits.attempts else { throw failure }
                let doubled = limits.pause * (1 << min(failures - 1, 16))
                try await Task.sleep(for: min(pause ?? doubled, .seconds(60)))
            }
        }
        try file.move(to: target)
        try? FileManager.default.removeItem(atPath: recordPath)
        return ModelCard.Part(file: "", sha256: file.digest.hexadecimal, bytes: file.count)
    }

    private func remove(_ file: borrowing PartialFile) {
        file.remove()
        try? FileManager.default.removeItem(atPath: recordPath)
    }

    private func check(_ file: borrowing PartialFile) throws(DownloadFailure) {
        if let bytes, file.count != bytes {
            throw .permanent("it sent \(file.count) bytes, expected are \(bytes)")
        }
        let digest = file.digest.hexadecimal
        if let sha256, digest != sha256 {
            throw .permanent("what it sent has the SHA-256 \(digest), expected is \(sha256)")
        }
    }

    /// One request: the rest of the file, or all of it.
    private func fetch(into file: inout PartialFile, _ record: inout Record) async throws {
        if let bytes, file.count > bytes { try file.clear() }
        if let bytes, file.count == bytes { return }
        var headers: [(name: String, value: String)] = []
        if file.count > 0 {
            headers.append(("Range", "bytes=\(file.count)-"))
            if let validator = record.validator { headers.append(("If-Range", validator)) }
        }
        let response: HTTPClientResponse
        do {
            response = try await transport.get(address, headers: headers)
        } catch let failure as DownloadFailure {
            throw failure
        } catch {
            throw Self.failure(error)
        }
        let total = try expectedTotal(response, after: file.count)
        if response.status.code == 200, file.count > 0 { try file.clear() }
        if file.count == 0 {
            record.validator = Self.validator(response)
            if let data = try? JSONEncoder().encode(record) {
                try? data.write(to: URL(fileURLWithPath: recordPath), options: .atomic)
            }
        }
        let limit = bytes ?? min(total ?? limits.maximumBytes, limits.maximumBytes)
        progress(file.count, bytes ?? total)
        do {
            for try await buffer in response.body {
                try Task.checkCancellation()
                guard buffer.readableBytes <= limit - file.count else {
                    throw DownloadFailure.permanent("it sends more than \(limit) bytes")
                }
                try file.append(Data(buffer.readableBytesView))
                progress(file.count, bytes ?? total)
            }
        } catch let failure as DownloadFailure {
            throw failure
        } catch let error as FaceError {
            throw error
        } catch {
            throw Self.failure(error)
        }
        if let total, file.count < total {
            throw DownloadFailure.transient("the connection ended after \(file.count) of \(total) bytes")
        }
    }

    /// The length of the whole file as the server states it.
    private func expectedTotal(_ response: HTTPClientResponse, after count: Int) throws(DownloadFailure) -> Int? {
        let length = response.headers.first(name: "Content-Length").flatMap(Int.init)
        var total: Int?
        switch response.status.code {
        case 200:
            total = length
        case 206:
            // bytes FIRST-LAST/TOTAL
            let range = response.headers.first(name: "Content-Range") ?? ""
            guard let match = range.wholeMatch(of: /bytes (\d+)-(\d+)\/(\d+|\*)/), Int(match.1) == count else {
                throw .permanent("asked for the bytes from \(count) on, it sends \"\(range)\"")
            }
            total = Int(match.3) ?? length.map { $0 + count }
        case 404, 410:
            throw .absent("it answers \(response.status.code)")
        case 408, 425, 429, 500...599:
            let seconds = response.headers.first(name: "Retry-After").flatMap(Int.init)
            throw .transient(
                "it answers \(response.status.code)",
                pause: seconds.map { .seconds(max(0, min($0, 60))) }
            )
        default:
            throw .permanent("it answers \(response.status.code)")
        }
        if let total, let bytes, total != bytes {
            throw .permanent("it has \(total) bytes, expected are \(bytes)")
        }
        if let total, total > limits.maximumBytes, bytes == nil {
            throw .permanent("it has \(total) bytes, at most \(limits.maximumBytes) are taken")
        }
        return total
    }

    /// The version of the file, where the server names one that is fit for `If-Range`.
    private static func validator(_ response: HTTPClientResponse) -> String? {
        if let tag = response.headers.first(name: "ETag"), !tag.hasPrefix("W/") { return tag }
        return response.headers.first(name: "Last-Modified")
    }

    /// The system's words where there are some.
    private static func words(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }

    /// A failure of the network, in words.
    static func failure(_ error: any Error) -> any Error {
        if error is CancellationError { return error }
        let reason: String
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .cancelled: return CancellationError()
            case .invalidURL, .emptyHost, .emptyScheme: return DownloadFailure.permanent("that is no address")
            case .readTimeout: reason = "it sent nothing for too long"
            case .connectTimeout: reason = "no connection came about in time"
            case .remoteConnectionClosed: reason = "the connection was closed"
            default: reason = error.shortDescription
            }
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else {
                // Where there is no name service, there is none a second later.
                return DownloadFailure.permanent("its host \(error.host) is not known")
            }
            reason = "no connection: \(words(first.error))"
        case let error as IOError: reason = words(error)
        default:
            reason = "\(error)"
        }
        return DownloadFailure.transient(reason)
    }
}
