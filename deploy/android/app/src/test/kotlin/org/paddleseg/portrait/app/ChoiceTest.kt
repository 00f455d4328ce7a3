package org.paddleseg.portrait.app

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class ChoiceTest {
    @Test
    fun namesAreUniqueAndCutoutsAreForPhotos() {
        val names = Choice.all(photo = true).map { it.name }
        assertEquals(names.size, names.toSet().size)
        assertTrue(Choice.CUTOUT in names)
        assertEquals(Choice.BLUR, Choice.named(Choice.CUTOUT, photo = false).name)
        assertEquals(Choice.BLUR, Choice.named("gone", photo = true).name)
    }
}
