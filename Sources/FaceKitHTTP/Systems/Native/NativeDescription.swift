// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The OpenAPI description of the native API and the page made of it.
enum NativeDescription {
    static let document: JSON = ["openapi": "3.1.0"]
    static let page = ""
}
