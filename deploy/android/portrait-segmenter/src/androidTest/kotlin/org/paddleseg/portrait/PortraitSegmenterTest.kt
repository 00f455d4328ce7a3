package org.paddleseg.portrait

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith

/** On a phone or an emulator, with photos whose masks Python made. */
@RunWith(AndroidJUnit4::class)
class PortraitSegmenterTest {
    private val context = InstrumentationRegistry.getInstrumentation().context

    private fun bitmap(name: String): Bitmap = context.assets.open(name).use { BitmapFactory.decodeStream(it) }

    @Test
    fun photosGetPythonsMattes() {
        PortraitSegmenter.create(context).use { segmenter ->
            val names = context.assets.list("")!!.filter { it.endsWith(".png") }.map { it.removeSuffix(".png") }
            assertTrue(names.isNotEmpty())
            for (name in names) {
                val photo = bitmap("$name.jpg")
                val golden = bitmap("$name.png")
                assertEquals(photo.width, segmenter.process(photo).width)
                val matte = segmenter.matte()
                var differ = 0
                for (y in 0 until photo.height) for (x in 0 until photo.width) {
                    val person = golden.getPixel(x, y) and 255 > 127
                    if (person != (matte.getPixel(x, y) ushr 24 > 127)) differ++
                }
                // Photos are decoded by another library than Python's, and a mask's threshold is 0.45.
                assertTrue("$name: $differ", differ < photo.width * photo.height / 100)
            }
        }
    }

    @Test
    fun aColourStandsBehindPeople() {
        PortraitSegmenter.create(context).use { segmenter ->
            segmenter.background = Background.Colour(0x00b140)
            val made = segmenter.process(bitmap("000000000785.jpg"))
            val matte = segmenter.matte()
            val seen = (0 until made.width).filter { matte.getPixel(it, 0) == 0 }
            assertTrue(seen.isNotEmpty())
            for (x in seen) assertEquals(0xff00b140.toInt(), made.getPixel(x, 0))
        }
    }

    @Test
    fun aModelThatIsNotThereIsNamed() {
        val error = assertThrows(PortraitException::class.java) {
            PortraitSegmenter.create(context, Options(model = "gone"))
        }
        assertTrue(error.message!!.contains("model gone: is not in the app's assets"))
    }
}
