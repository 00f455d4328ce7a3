import CoreGraphics
import Foundation
import XCTest

@testable import Portrait

final class PortraitTests: XCTestCase {
    func testPixelsComeBack() throws {
        var pixels = Pixels(width: 2, height: 1)
        pixels.bytes = [10, 20, 30, 255, 40, 50, 60, 255]
        XCTAssertEqual(try Pixels(pixels.image()).bytes, pixels.bytes)
        XCTAssertEqual(pixels.rgb, [10, 20, 30, 40, 50, 60])
    }

    func testColoursAreMultipliedByOpacity() {
        var pixels = Pixels(width: 1, height: 1)
        pixels.bytes = [255, 128, 0, 128]
        pixels.multiply()
        XCTAssertEqual(pixels.bytes, [128, 64, 0, 128])
    }

    func testAFolderThatIsNotThereIsNamed() {
        XCTAssertThrowsError(try PortraitSegmenter(folder: URL(fileURLWithPath: "/nowhere"))) { error in
            XCTAssertTrue("\(error)".contains("/nowhere/model.txt: cannot be read"))
        }
    }

    /// `PORTRAIT_MODEL` names the folder that pack.py made.
    func testAColourStandsBehindPeople() throws {
        guard let folder = ProcessInfo.processInfo.environment["PORTRAIT_MODEL"] else { throw XCTSkip("no PORTRAIT_MODEL") }
        let segmenter = try PortraitSegmenter(folder: URL(fileURLWithPath: folder))
        try segmenter.setBackground(.colour(red: 0, green: 177, blue: 64))
        let empty = try Pixels(width: 320, height: 240).image()
        let made = try Pixels(segmenter.process(empty))
        XCTAssertEqual(Array(made.bytes[0..<4]), [0, 177, 64, 255])
        XCTAssertGreaterThan(segmenter.timing.total, 0)
    }
}
