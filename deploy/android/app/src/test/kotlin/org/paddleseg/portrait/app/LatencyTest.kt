package org.paddleseg.portrait.app

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Test
import org.paddleseg.portrait.Timing

class LatencyTest {
    private fun timing(net: Double) = Timing(1.0, 1.0, net, 1.0, 1.0)

    @Test
    fun meansAreOfTheLastFrames() {
        val latency = Latency(window = 2)
        assertEquals(0.0, latency.total, 0.0)
        for ((at, net) in listOf(0L to 100.0, 100_000_000L to 4.0, 150_000_000L to 8.0)) latency.add(at, timing(net))
        assertEquals(6.0, latency.net, 1e-9)
        assertEquals(10.0, latency.total, 1e-9)
        assertEquals(20.0, latency.rate, 1e-9)
        latency.clear()
        assertEquals(0.0, latency.rate, 0.0)
    }

    @Test
    fun picturesFitInTheMiddle() {
        assertArrayEquals(intArrayOf(0, 50, 100, 150), Fit.inside(10, 10, 100, 200))
        assertArrayEquals(intArrayOf(150, 0, 250, 200), Fit.inside(5, 10, 400, 200))
    }

    @Test
    fun largePhotosAreReadSmaller() {
        assertEquals(listOf(1, 1, 2, 4), listOf(4000, 8000, 8192, 16500).map { Photos.sample(it, 4096) })
    }
}
