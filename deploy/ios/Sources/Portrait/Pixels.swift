import CoreGraphics

/// RGBA without gaps, multiplied by opacity, as CoreGraphics has it.
struct Pixels {
    let width, height: Int
    var bytes: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        bytes = [UInt8](repeating: 0, count: 4 * width * height)
    }

    init(_ image: CGImage) throws {
        self.init(width: image.width, height: image.height)
        let place = CGRect(x: 0, y: 0, width: width, height: height)
        let drawn = bytes.withUnsafeMutableBytes { buffer -> Bool in
            guard let context = Pixels.context(buffer.baseAddress, width, height) else { return false }
            context.draw(image, in: place)
            return true
        }
        guard drawn else { throw PortraitError(description: "photo: cannot be read as RGBA") }
    }

    /// Colours without the fourth byte.
    var rgb: [UInt8] {
        var made = [UInt8](repeating: 0, count: 3 * width * height)
        for i in 0..<(width * height) {
            for channel in 0..<3 { made[3 * i + channel] = bytes[4 * i + channel] }
        }
        return made
    }

    /// The C interface gives plain colours.
    mutating func multiply() {
        for i in stride(from: 0, to: bytes.count, by: 4) {
            let alpha = Int(bytes[i + 3])
            for channel in 0..<3 { bytes[i + channel] = UInt8((Int(bytes[i + channel]) * alpha + 127) / 255) }
        }
    }

    func image() throws -> CGImage {
        var copy = bytes
        let made = copy.withUnsafeMutableBytes { Pixels.context($0.baseAddress, width, height)?.makeImage() }
        guard let image = made else { throw PortraitError(description: "picture: cannot be made") }
        return image
    }

    private static func context(_ data: UnsafeMutableRawPointer?, _ width: Int, _ height: Int) -> CGContext? {
        CGContext(
            data: data, width: width, height: height, bitsPerComponent: 8, bytesPerRow: 4 * width,
            space: CGColorSpaceCreateDeviceRGB(), bitmapInfo: CGImageAlphaInfo.premultipliedLast.rawValue)
    }
}
