package org.paddleseg.portrait.app

import android.content.ContentResolver
import android.content.Context
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import android.net.Uri
import androidx.core.content.FileProvider
import java.io.File
import java.io.IOException

/** A photo upright; `reduced` where it was larger than asked for. */
class Photo(val bitmap: Bitmap, val reduced: Boolean)

/** Photos of other apps in, results out. */
object Photos {
    const val TYPE = "image/png"

    /**
     * @param longest side in pixels that is kept.
     * @throws IOException it is no picture that can be read.
     */
    fun read(context: Context, uri: Uri, longest: Int): Photo {
        val files = context.contentResolver
        val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        open(files, uri) { BitmapFactory.decodeStream(it, null, bounds) }
        if (bounds.outWidth < 1 || bounds.outHeight < 1) throw IOException("$uri is no picture")
        val found = maxOf(bounds.outWidth, bounds.outHeight)
        val options = BitmapFactory.Options().apply { inSampleSize = sample(found, longest) }
        val bitmap = open(files, uri) { BitmapFactory.decodeStream(it, null, options) } ?: throw IOException("$uri is damaged")
        val matrix = open(files, uri) { upright(ExifInterface(it).getAttributeInt(ExifInterface.TAG_ORIENTATION, 1)) }
        val scale = longest.toFloat() / maxOf(bitmap.width, bitmap.height)
        if (scale < 1) matrix.postScale(scale, scale)
        val made = if (matrix.isIdentity) bitmap else
            Bitmap.createBitmap(bitmap, 0, 0, bitmap.width, bitmap.height, matrix, true)
        return Photo(made, found > longest)
    }

    /** The largest power of two that leaves at least `longest`. */
    fun sample(found: Int, longest: Int): Int {
        var step = 1
        while (found / (step * 2) >= longest) step *= 2
        return step
    }

    fun write(context: Context, bitmap: Bitmap, uri: Uri) {
        val stream = context.contentResolver.openOutputStream(uri, "wt") ?: throw IOException("$uri cannot be written")
        stream.use { if (!bitmap.compress(Bitmap.CompressFormat.PNG, 100, it)) throw IOException("$uri was not written") }
    }

    /** What hands the picture to another app, which may read this one file. */
    fun sharing(context: Context, bitmap: Bitmap): Intent {
        val folder = File(context.cacheDir, "shared").apply { mkdirs() }
        val file = File(folder, "portrait.png")
        file.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        val uri = FileProvider.getUriForFile(context, "${context.packageName}.files", file)
        return Intent(Intent.ACTION_SEND).setType(TYPE).putExtra(Intent.EXTRA_STREAM, uri)
            .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
    }

    private fun <T> open(files: ContentResolver, uri: Uri, read: (java.io.InputStream) -> T): T =
        (files.openInputStream(uri) ?: throw IOException("$uri cannot be opened")).use(read)

    /** Of the eight orientations of EXIF. */
    private fun upright(orientation: Int): Matrix = Matrix().apply {
        when (orientation) {
            ExifInterface.ORIENTATION_FLIP_HORIZONTAL -> postScale(-1f, 1f)
            ExifInterface.ORIENTATION_ROTATE_180 -> postRotate(180f)
            ExifInterface.ORIENTATION_FLIP_VERTICAL -> postScale(1f, -1f)
            ExifInterface.ORIENTATION_TRANSPOSE -> { postRotate(90f); postScale(-1f, 1f) }
            ExifInterface.ORIENTATION_ROTATE_90 -> postRotate(90f)
            ExifInterface.ORIENTATION_TRANSVERSE -> { postRotate(270f); postScale(-1f, 1f) }
            ExifInterface.ORIENTATION_ROTATE_270 -> postRotate(270f)
        }
    }
}
