package org.paddleseg.portrait

import java.awt.image.BufferedImage
import java.io.File
import java.nio.ByteBuffer
import javax.imageio.ImageIO
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Before
import org.junit.Test

/**
 * The real library in a computer's JVM, on photos whose masks Python made: `deploy/android/check.py` builds it, and
 * gives `portrait.model`, `portrait.photos` and `portrait.masks`. Gradle, whose JVM has no ImageIO, leaves it out.
 */
class EngineTest {
    private val model: String? = System.getProperty("portrait.model")

    @Before
    fun needsTheLibrary() = assumeTrue("portrait.model is not given", model != null)

    private fun photo(name: String): BufferedImage = ImageIO.read(File(System.getProperty("portrait.photos"), "$name.png"))

    private fun rgba(image: BufferedImage): ByteBuffer {
        val pixels = ByteBuffer.allocateDirect(4 * image.width * image.height)
        for (argb in image.getRGB(0, 0, image.width, image.height, null, 0, image.width)) {
            pixels.put((argb shr 16).toByte()).put((argb shr 8).toByte()).put(argb.toByte()).put(-1)
        }
        return pixels
    }

    private fun Engine.shares(name: String): Double {
        val golden = ImageIO.read(File(System.getProperty("portrait.masks"), "$name.png"))
        val mask = mask()
        var differ = 0
        for (y in 0 until height) for (x in 0 until width) {
            val person = golden.getRGB(x, y) and 255 > 127
            if (person != (mask.get(y * width + x).toInt() > 0)) differ++
        }
        return differ.toDouble() / (width * height)
    }

    private fun engine(smooth: Boolean = false) = Engine(model!!, Options(threads = 1, smooth = smooth))

    @Test
    fun photosGetPythonsMasks() = engine().use { engine ->
        val names = File(System.getProperty("portrait.masks")).list()!!.filter { it.endsWith(".png") }
        assertTrue(names.size >= 4)
        for (name in names.map { it.removeSuffix(".png") }) {
            val image = photo(name)
            engine.segment(rgba(image), image.width, image.height)
            assertEquals(image.width, engine.width)
            assertTrue("$name: ${engine.shares(name)}", engine.shares(name) < 1e-3)
        }
    }

    @Test
    fun aColourStandsBehindPeopleAndCutoutsArePremultiplied() = engine().use { engine ->
        val image = photo(File(System.getProperty("portrait.masks")).list()!!.first { it.endsWith(".png") }.removeSuffix(".png"))
        engine.segment(rgba(image), image.width, image.height)
        engine.colour(0x00b140)
        val opacity = ByteArray(image.width * image.height).also { engine.opacity().get(it) }
        val made = ByteArray(4 * opacity.size).also { engine.composite(false).get(it) }
        val cut = ByteArray(4 * opacity.size).also { engine.composite(true).get(it) }
        var behind = 0
        for (i in opacity.indices) {
            val alpha = opacity[i].toInt() and 255
            assertEquals(alpha, cut[4 * i + 3].toInt() and 255)
            for (channel in 0..2) assertTrue(cut[4 * i + channel].toInt() and 255 <= alpha)
            if (alpha == 0) {
                behind++
                assertEquals(listOf<Byte>(0, 0xb1.toByte(), 0x40, -1), made.slice(4 * i..4 * i + 3))
            }
        }
        assertTrue(behind > opacity.size / 10)
        assertTrue(engine.timing().total > 0)
    }

    @Test
    fun framesAreTurned() = engine(smooth = true).use { engine ->
        val planes = listOf(64 * 48 to 64, 32 * 24 to 32, 32 * 24 to 32).map { (bytes, row) ->
            Frame.Plane(ByteBuffer.allocateDirect(bytes), row, 1)
        }
        engine.segment(Frame(64, 48, planes, turn = 90, mirrored = true))
        assertEquals(48 to 64, engine.width to engine.height)
        engine.reset()
    }

    @Test
    fun mistakesAreNamed() {
        fun said(what: () -> Unit) = assertThrows(PortraitException::class.java) { what() }.message!!
        assertTrue(said { Engine("/nowhere", Options()) }.contains("/nowhere/model.txt: cannot be read"))
        assertTrue(said { Engine(model!!, Options(runtime = "tea")) }.contains("should be lite or onnx"))
        engine().use { engine ->
            assertTrue(said { engine.composite(false) }.contains("none has been given yet"))
            assertTrue(said { engine.segment(ByteBuffer.allocateDirect(11), 2, 2) }.contains("is shorter"))
            assertTrue(said { engine.segment(ByteBuffer.allocate(16), 2, 2) }.contains("no direct buffer"))
            assertTrue(said { engine.blur(0.0) }.contains("strength"))
            val short = List(3) { Frame.Plane(ByteBuffer.allocateDirect(63 * 48), 64, 1) }
            assertTrue(said { engine.segment(Frame(64, 48, short)) }.contains("plane Y: is shorter"))
        }
        val closed = engine().also { it.close() }
        assertThrows(IllegalStateException::class.java) { closed.reset() }
    }
}
