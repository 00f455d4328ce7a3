import CoreGraphics

/// What stands behind people.
public enum Background {
    /// The picture itself out of focus; above 0, up to 1.
    case blur(Double)
    case colour(red: UInt8, green: UInt8, blue: UInt8)
    /// A picture, which fills the frame with its middle.
    case picture(CGImage)
    /// Nothing: people are cut out, and the rest is transparent.
    case cutout
}
