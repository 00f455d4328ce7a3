import portrait_lite

/// A mistake that the caller can mend: where, what is wrong and, on a second line, what to do.
public struct PortraitError: Error, CustomStringConvertible {
    public let description: String
}

/// Throws what C's last call of this thread had to say.
func check(_ result: Int32) throws {
    guard result != PORTRAIT_OK else { return }
    throw PortraitError(description: portrait_error().map { String(cString: $0) } ?? "")
}
