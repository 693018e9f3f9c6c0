// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What one thread has gathered.
///
/// An object, so that threads work on values of their own; the value is passed on in whole calls, because every access to
/// an object's property is checked at run time.
final class Share<Value> {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}
