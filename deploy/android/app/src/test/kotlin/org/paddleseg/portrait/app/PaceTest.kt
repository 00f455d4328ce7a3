package org.paddleseg.portrait.app

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

class PaceTest {
    @Test
    fun aHotterPhoneWorksLess() {
        val paces = (0..6).map { Pace.of(it) }
        assertEquals(Pace.FULL, paces[0])
        assertEquals(paces.map { it.every }, paces.map { it.every }.sorted())
        assertEquals(listOf(false, false, false, false, true, true, true), paces.map { it.paused })
    }

    @Test
    fun theGateLetsOneOfSoMany() {
        val gate = Gate()
        assertTrue((1..5).all { gate.lets() })
        gate.pace = Pace.of(2)
        assertEquals(5, (1..10).count { gate.lets() })
        gate.pace = Pace.of(3)
        assertEquals(3, (1..12).count { gate.lets() })
        gate.pace = Pace.of(4)
        assertFalse((1..12).any { gate.lets() })
        gate.pace = Pace.of(0)
        assertTrue((1..5).all { gate.lets() })
    }
}
