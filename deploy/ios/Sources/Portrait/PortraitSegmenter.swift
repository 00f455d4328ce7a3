import CoreGraphics
import CoreVideo
import Foundation
import portrait_lite

/// People in photos and camera frames, and other backgrounds behind them. Nothing leaves the phone.
///
///     let segmenter = try PortraitSegmenter(folder: Bundle.main.url(forResource: "portrait", withExtension: nil)!)
///     try segmenter.setBackground(.blur(0.7))
///     let picture = try segmenter.process(photo)
///
/// A photo takes some ten milliseconds: call it away from the main thread. Calls of several threads take turns.
public final class PortraitSegmenter {
    private let lock = NSLock()
    private var handle: OpaquePointer?
    private var cutsOut = false

    /// - Parameters:
    ///   - folder: what `deploy/lite/pack.py` made.
    ///   - threads: of the network; 0 leaves the choice to the engine.
    ///   - smooth: true for a camera's frames, whose masks become steady; false for photos.
    public init(folder: URL, threads: Int = 2, smooth: Bool = false) throws {
        try check(portrait_open(folder.path, nil, Int32(threads), smooth ? 1 : 0, &handle))
    }

    deinit { portrait_close(handle) }

    public func setBackground(_ background: Background) throws {
        lock.lock()
        defer { lock.unlock() }
        switch background {
        case .blur(let strength): try check(portrait_blur(handle, strength))
        case .colour(let red, let green, let blue): try check(portrait_colour(handle, red, green, blue))
        case .picture(let image):
            let pixels = try Pixels(image)
            try check(portrait_picture(handle, pixels.rgb, Int32(pixels.width), Int32(pixels.height)))
        case .cutout: break
        }
        if case .cutout = background { cutsOut = true } else { cutsOut = false }
    }

    /// A photo before the background, of its own size.
    public func process(_ photo: CGImage) throws -> CGImage {
        lock.lock()
        defer { lock.unlock() }
        let pixels = try Pixels(photo)
        try pixels.bytes.withUnsafeBufferPointer { bytes in
            var frame = portrait_frame()
            frame.format = Int32(PORTRAIT_RGBA.rawValue)
            frame.width = Int32(pixels.width)
            frame.height = Int32(pixels.height)
            frame.planes.0 = bytes.baseAddress
            try check(portrait_segment(handle, &frame))
        }
        return try picture()
    }

    /// A camera's frame, `420YpCbCr8BiPlanarFullRange`, before the background.
    ///
    /// - Parameters:
    ///   - turn: degrees clockwise after which the frame stands upright.
    ///   - mirrored: left for right after the turn.
    public func process(_ buffer: CVPixelBuffer, turn: Int = 0, mirrored: Bool = false) throws -> CGImage {
        lock.lock()
        defer { lock.unlock() }
        guard CVPixelBufferGetPixelFormatType(buffer) == kCVPixelFormatType_420YpCbCr8BiPlanarFullRange else {
            throw PortraitError(description: "frame: is not 420YpCbCr8BiPlanarFullRange\n  hint: set the output's videoSettings")
        }
        CVPixelBufferLockBaseAddress(buffer, .readOnly)
        defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
        var frame = portrait_frame()
        frame.format = Int32(PORTRAIT_YUV_FULL.rawValue)
        frame.width = Int32(CVPixelBufferGetWidth(buffer))
        frame.height = Int32(CVPixelBufferGetHeight(buffer))
        let y = CVPixelBufferGetBaseAddressOfPlane(buffer, 0)?.assumingMemoryBound(to: UInt8.self)
        let u = CVPixelBufferGetBaseAddressOfPlane(buffer, 1)?.assumingMemoryBound(to: UInt8.self)
        guard let y, let u else { throw PortraitError(description: "frame: has no pixels") }
        let rows = (CVPixelBufferGetBytesPerRowOfPlane(buffer, 0), CVPixelBufferGetBytesPerRowOfPlane(buffer, 1))
        frame.planes = (UnsafePointer(y), UnsafePointer(u), UnsafePointer(u + 1))
        frame.row_strides = (rows.0, rows.1, rows.1)
        frame.pixel_strides = (1, 2, 2)
        frame.turn = Int32(turn)
        frame.mirrored = mirrored ? 1 : 0
        try check(portrait_segment(handle, &frame))
        return try picture()
    }

    /// The next frame begins another clip.
    public func reset() {
        lock.lock()
        defer { lock.unlock() }
        portrait_reset(handle)
    }

    /// Milliseconds of the last picture.
    public var timing: Timing {
        lock.lock()
        defer { lock.unlock() }
        var stages = [Double](repeating: 0, count: 5)
        portrait_timing(handle, &stages)
        return Timing(read: stages[0], pre: stages[1], net: stages[2], post: stages[3], composite: stages[4])
    }

    private func picture() throws -> CGImage {
        var pixels = Pixels(width: Int(portrait_width(handle)), height: Int(portrait_height(handle)))
        let row = 4 * pixels.width
        try pixels.bytes.withUnsafeMutableBufferPointer { bytes in
            let call = cutsOut ? portrait_cutout : portrait_composite
            try check(call(handle, bytes.baseAddress, row))
        }
        if cutsOut { pixels.multiply() }
        return try pixels.image()
    }
}
