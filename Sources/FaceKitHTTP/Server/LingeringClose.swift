// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Reads what is left of a request after whose answer the connection ends, and then closes it.
///
/// Many clients look at the answer only when they have sent everything. One whose body is refused for its length would
/// wait for a reader that is gone, and the answer would be lost with the connection.
final class LingeringClose: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    private var isInsideRequest = false
    private var isDiscarding = false

    /// Creates a handler for one connection, which gives its client that much time to finish.
    init(patience: TimeAmount = .seconds(30)) { self.patience = patience }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isInsideRequest = true
        case .body: break
        case .end: isInsideRequest = false
        }
        guard isDiscarding else { return context.fireChannelRead(data) }
        if !isInsideRequest { context.close(promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Whoever decided when to read does so no more.
        if isDiscarding { context.read() }
        context.fireChannelReadComplete()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        context.close(mode: mode, promise: promise)
        guard mode == .output, isInsideRequest, !isDiscarding else { return }
        isDiscarding = true
        let channel = context.channel
        context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        context.read()
    }
}
