// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How patient a download is, and how much it takes.
public struct DownloadLimits: Hashable, Sendable {
    /// How long a connection may take to come about.
    ///
    /// The default is 15 seconds.
    public var connectTimeout = Duration.seconds(15)
    /// How long a server may send nothing.
    ///
    /// The default is 30 seconds; there is no limit for the whole of a download.
    public var readTimeout = Duration.seconds(30)
    /// How often in a row a download is tried without a byte of progress before it is given up.
    ///
    /// The default is 5.
    public var attempts = 5
    /// The pause after the first failure; it doubles with each further one, to a minute at most.
    ///
    /// The default is one second.
    public var pause = Duration.seconds(1)
    /// The most bytes that are taken of a file whose size is not known beforehand.
    ///
    /// The default is 1 GiB.
    public var maximumBytes = 1 << 30

    /// Creates the default limits.
    public init() {}
}
