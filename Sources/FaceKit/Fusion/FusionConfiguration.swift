// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How faces are fused.
public struct FusionConfiguration: Hashable, Sendable {
    /// How much of the source's appearance goes into the result, 0 (nothing) to 1 (all).
    ///
    /// The default is 0.75.
    public var weight: Float = 0.75
    /// How far the target's face takes on the shape of the source's, 0 (not at all) to 1 (wholly); `nil`, the default,
    /// stands for half the weight.
    public var shapeWeight: Float?
    /// The size of the fused region against the hull of the landmarks.
    ///
    /// The default is 0.95.
    public var maskScale: Float = 0.95
    /// Columns and rows of the blur that softens the region's edge, in pixels; `nil`, the default, follows the face's
    /// size.
    public var blur: (width: Int, height: Int)? {
        get { blurWidth.map { ($0, blurHeight ?? $0) } }
        set { (blurWidth, blurHeight) = (newValue?.width, newValue?.height) }
    }
    private var blurWidth: Int?
    private var blurHeight: Int?
    /// Whether the source's colours are brought to the target's mean and spread.
    ///
    /// The default is `true`.
    public var matchesColors = true
    /// The largest difference of the heads' yaw, and half the largest yaw, at which faces are fused, in radians.
    ///
    /// The default is 50 degrees.
    public var largestTurn: Float = 50 * .pi / 180

    /// Creates a configuration with the defaults.
    public init() {}

    /// - Throws: ``FaceError/Code/invalidConfiguration`` with the number that is out of its range.
    func validate() throws(FaceError) {
        for (name, value) in [("weight", weight), ("shape weight", shapeWeight ?? 0)] where !(0...1 ~= value) {
            throw FaceError(.invalidConfiguration, "the \(name) of a fusion lies within 0 and 1, \(value) does not")
        }
        guard 0.3...1.5 ~= maskScale else {
            throw FaceError(
                .invalidConfiguration,
                "the mask scale of a fusion lies within 0.3 and 1.5, \(maskScale) does not"
            )
        }
        if let blur, !(0...1000 ~= blur.width && 0...1000 ~= blur.height) {
            throw FaceError(
                .invalidConfiguration,
                "the blur of a fusion lies within 0 and 1000 pixels, \(blur.width)×\(blur.height) does not"
            )
        }
    }
}
