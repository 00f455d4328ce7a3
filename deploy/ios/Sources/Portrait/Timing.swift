/// Milliseconds of the last picture, stage by stage.
public struct Timing {
    public let read, pre, net, post, composite: Double

    public var total: Double { read + pre + net + post + composite }
}
