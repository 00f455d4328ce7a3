package org.paddleseg.portrait.app

import org.paddleseg.portrait.Timing

/** Means of the last frames, for the overlay. */
class Latency(private val window: Int = 30) {
    private class Seen(val at: Long, val timing: Timing)

    private val frames = ArrayDeque<Seen>()

    /** @param at nanoseconds of a clock that never goes back. */
    fun add(at: Long, timing: Timing) {
        frames.addLast(Seen(at, timing))
        if (frames.size > window) frames.removeFirst()
    }

    fun clear() = frames.clear()

    val total: Double get() = mean { it.total }
    val net: Double get() = mean { it.net }

    /** Frames a second that were shown; 0 until there are two. */
    val rate: Double
        get() {
            val seconds = if (frames.size < 2) 0.0 else (frames.last().at - frames.first().at) / 1e9
            return if (seconds > 0) (frames.size - 1) / seconds else 0.0
        }

    private fun mean(of: (Timing) -> Double) = if (frames.isEmpty()) 0.0 else frames.sumOf { of(it.timing) } / frames.size
}
