package org.paddleseg.portrait.app

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Canvas
import android.net.Uri
import java.io.File
import org.paddleseg.portrait.Background

/** Turns what was chosen into what the segmenter takes. Files are read: not for the main thread. */
class Backgrounds(private val context: Context) {
    private val own = File(context.filesDir, "background.png")

    val hasOwn: Boolean get() = own.isFile

    fun of(choice: Choice, strength: Int): Background = when {
        choice.name == Choice.CUTOUT -> Background.Cutout
        choice.colour != null -> Background.Colour(choice.colour)
        choice.picture != null -> Background.Picture(drawn(choice.picture))
        choice.name == Choice.OWN -> ownPicture()?.let { Background.Picture(it) } ?: Background.Blur(strength / 100.0)
        else -> Background.Blur(strength / 100.0)
    }

    /** Keeps a picture of the gallery, so that the next start has it. */
    fun keep(uri: Uri) {
        val picture = Photos.read(context, uri, LONGEST)
        val partial = File(own.path + ".partial")
        partial.outputStream().use { picture.bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        check(partial.renameTo(own)) { "$partial cannot be renamed" }
    }

    private fun ownPicture(): Bitmap? = if (hasOwn) BitmapFactory.decodeFile(own.path) else null

    private fun drawn(resource: Int): Bitmap {
        val made = Bitmap.createBitmap(SIDE, SIDE, Bitmap.Config.ARGB_8888)
        val drawable = checkNotNull(context.getDrawable(resource))
        drawable.setBounds(0, 0, SIDE, SIDE)
        drawable.draw(Canvas(made))
        return made
    }

    private companion object {
        const val LONGEST = 1280
        const val SIDE = 720
    }
}
