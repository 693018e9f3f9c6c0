// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Hummingbird
public import NIOCore

/// A context that knows the connection, so that requests of clients that have gone can give up their place.
///
/// Systems can be mounted in applications with any context; with one that conforms to this protocol and whose channel
/// pipeline has a ``ClientWatch``, they notice clients that go away.
public protocol ChannelAwareContext: RequestContext {
    /// The connection, or the stream of an HTTP/2 connection.
    var channel: any Channel { get }
}

/// The context of ``FaceServer``'s own requests.
public struct FaceRequestContext: ChannelAwareContext {
    /// What Hummingbird keeps for each request.
    public var coreContext: CoreRequestContextStorage
    /// The connection, or the stream of an HTTP/2 connection.
    public let channel: any Channel

    /// Creates a context for a request.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
