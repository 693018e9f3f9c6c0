// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Fetches pictures that clients name by their address.
///
/// A server that fetches whatever it is told to can be made to ask machines that only it reaches, so an implementation
/// refuses hosts that were not named to it, and follows no redirects.
public protocol PictureFetcher: Sendable {
    /// Returns the bytes at an address.
    ///
    /// - Throws: ``PictureFetcherFault``.
    func fetch(_ address: String, limit: Int) async throws(PictureFetcherFault) -> [UInt8]
}

/// Why a picture was not fetched.
public enum PictureFetcherFault: Error, Hashable, Sendable {
    /// The address is none, or its host is not among those that were named.
    case refused
    /// The host did not give a picture of at most the limit, in time.
    case failed
}
