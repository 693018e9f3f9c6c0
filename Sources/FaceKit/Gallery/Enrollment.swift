// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What is handed to a gallery to be enrolled: a template and, where it shall be kept, the picture it was made from.
public struct Enrollment: Sendable {
    /// The reference.
    public let template: Template
    /// The picture's file as it was sent, in any format; kept byte for byte.
    public let picture: [UInt8]?

    /// Pairs a template with its picture.
    public init(_ template: Template, picture: [UInt8]? = nil) {
        var template = template
        template.pictureSize = picture?.count
        self.template = template
        self.picture = picture
    }
}
