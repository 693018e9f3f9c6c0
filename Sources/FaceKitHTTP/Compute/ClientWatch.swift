// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import NIOCore
import Synchronization

/// Notices that a client has closed its side of the connection.
///
/// A client that has gone and one that has merely said all it has to say look alike until an answer is sent, so nothing
/// is torn down here: only requests that still wait for a thread are told, and only when they have waited for a second
/// since, so that clients that close their side early are answered by a server that is not overloaded.
public final class ClientWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    /// What comes from the network is passed on unread.
    public typealias InboundIn = NIOAny

    private struct State {
        var isGone = false
        var next = 0
        var actions: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Creates a watch for one connection.
    public init() {}

    /// Calls `action` once the client is gone, at once when it is already.
    ///
    /// - Returns: A token for ``forget(_:)``.
    func whenGone(_ action: @escaping @Sendable () -> Void) -> Int {
        let (token, isGone) = state.withLock { state in
            state.next += 1
            if !state.isGone { state.actions[state.next] = action }
            return (state.next, state.isGone)
        }
        if isGone { action() }
        return token
    }

    /// Drops the action of a token.
    func forget(_ token: Int) {
        state.withLock { _ = $0.actions.removeValue(forKey: token) }
    }

    private func leave() {
        let actions = state.withLock { state in
            state.isGone = true
            defer { state.actions = [:] }
            return Array(state.actions.values)
        }
        for action in actions { action() }
    }

    /// Passes the event on, after those who wait were told of the end of the client's side.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            context.eventLoop.scheduleTask(in: .seconds(1)) { self.leave() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Passes the event on, after those who wait were told of it.
    public func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }
}
