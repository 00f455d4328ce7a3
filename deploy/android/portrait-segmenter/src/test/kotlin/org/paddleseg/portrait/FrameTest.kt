package org.paddleseg.portrait

import java.nio.ByteBuffer
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class FrameTest {
    private fun planes(count: Int = 3) = List(count) { Frame.Plane(ByteBuffer.allocateDirect(4), 10 + it, 1 + it) }

    @Test
    fun theLayoutHasTheOrderOfJni() {
        val frame = Frame(4, 2, planes(), turn = 90, mirrored = true, crop = intArrayOf(1, 0, 2, 2))
        assertArrayEquals(intArrayOf(4, 2, 10, 11, 12, 1, 2, 3, 1, 0, 2, 2, 90, 1), frame.layout())
    }

    @Test
    fun withoutACropAllOfItCounts() {
        assertArrayEquals(intArrayOf(0, 0, 0, 0, 0, 0), Frame(4, 2, planes()).layout().copyOfRange(8, 14))
    }

    @Test
    fun whatIsNoFrameIsRefused() {
        assertThrows(IllegalArgumentException::class.java) { Frame(4, 2, planes(2)) }
        assertThrows(IllegalArgumentException::class.java) { Frame(4, 2, planes(), crop = intArrayOf(1)) }
    }

    @Test
    fun allStagesMakeTheTotal() {
        assertEquals(15.0, Timing(1.0, 2.0, 3.0, 4.0, 5.0).total, 1e-9)
    }
}
