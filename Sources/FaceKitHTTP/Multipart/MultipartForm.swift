// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A form that was sent as `multipart/form-data`, read within limits.
public struct MultipartForm: Sendable {
    /// A file of the form.
    public struct File: Sendable {
        /// The name of its field.
        public var name: String
        /// The name that the client gives it.
        public var fileName: String
        /// Its bytes.
        public var bytes: [UInt8]
        /// Whether it was longer than allowed; the bytes are gone then.
        public var isTooLarge: Bool
    }

    /// What a form may hold.
    public struct Limits: Sendable {
        /// Most bytes of the whole body.
        public var body: Int
        /// Most bytes of one file; of longer ones only that they were is kept.
        public var file: Int
        /// Most bytes of a field that is no file.
        public var field: Int
        /// Most parts.
        public var parts: Int
        /// The names of files that are kept, `nil` for all; others are read and forgotten.
        public var fileNames: Set<String>?
        /// The first files of a name that are kept; further ones are read and forgotten.
        public var filesPerName: Int

        /// Creates limits.
        public init(
            body: Int,
            file: Int? = nil,
            field: Int = 1 << 20,
            parts: Int = 1000,
            fileNames: Set<String>? = nil,
            filesPerName: Int = .max
        ) {
            self.body = body
            self.file = file ?? body
            self.field = field
            self.parts = parts
            self.fileNames = fileNames
            self.filesPerName = filesPerName
        }
    }

    /// The fields that are no files.
    public var fields = QueryItems()
    /// The files.
    public var files: [File] = []

    /// The first file of a field.
    public func file(_ name: String) -> File? { files.first { $0.name == name } }
}

extension MultipartForm {
    /// Collects the parts of a body as they are parsed.
    package struct Collector: ~Copyable {
        private let limits: Limits
        package private(set) var form = MultipartForm()
        private var head = MultipartHead(lines: [])
        private var content: [UInt8] = []
        private var parts = 0
        private var isTooLarge = false

        package init(limits: Limits) { self.limits = limits }

        private var isKept: Bool {
            guard head.fileName != nil else { return true }
            return limits.fileNames?.contains(head.name) ?? true
                && form.files.count(where: { $0.name == head.name }) < limits.filesPerName
        }

        package mutating func handle(_ event: MultipartParser.Event) throws(RequestBodyError) {
            switch event {
            case .head(let head):
                parts += 1
                guard parts <= limits.parts else { throw .malformed("a form has more than \(limits.parts) parts") }
                self.head = head
                content = []
                isTooLarge = false
            case .content(let bytes):
                guard isKept, !isTooLarge else { return }
                let limit = head.fileName == nil ? limits.field : limits.file
                if content.count + bytes.count > limit {
                    guard head.fileName != nil else {
                        throw .malformed("the form field \(head.name) has more than \(limits.field) bytes")
                    }
                    isTooLarge = true
                    content = []
                } else {
                    content.append(contentsOf: bytes)
                }
            case .partEnd:
                if let fileName = head.fileName {
                    if isKept {
                        form.files.append(
                            File(name: head.name, fileName: fileName, bytes: content, isTooLarge: isTooLarge)
                        )
                    }
                } else {
                    form.fields.append(head.name, String(decoding: content, as: UTF8.self))
                }
                content = []
            }
        }
    }
}
