package org.paddleseg.portrait

import android.content.Context
import android.graphics.Bitmap
import android.media.Image
import java.nio.ByteBuffer

/**
 * People in photos and camera frames, and other backgrounds behind them. Nothing leaves the phone.
 *
 * ```
 * PortraitSegmenter.create(context).use { segmenter ->
 *     segmenter.background = Background.Blur(0.7)
 *     imageView.setImageBitmap(segmenter.process(photo))
 * }
 * ```
 *
 * A photo takes some ten milliseconds: call it from a worker thread. Calls of several threads take turns.
 */
public class PortraitSegmenter private constructor(private val engine: Engine) : AutoCloseable {
    /** What stands behind people in the pictures that [process] makes; the next one has it. */
    @get:Synchronized
    @set:Synchronized
    public var background: Background = Background.Blur()
        set(value) {
            when (value) {
                is Background.Blur -> engine.blur(value.strength)
                is Background.Colour -> engine.colour(value.rgb)
                is Background.Picture -> engine.picture(rgba(value.bitmap), value.bitmap.width, value.bitmap.height)
                Background.Cutout -> Unit
            }
            field = value
        }

    /** Milliseconds of the last picture. */
    public val timing: Timing get() = engine.timing()

    /**
     * A photo before [background], of its own size.
     *
     * @throws PortraitException the photo has no pixels, or the model cannot work with it.
     */
    @Synchronized
    public fun process(photo: Bitmap): Bitmap {
        engine.segment(rgba(photo), photo.width, photo.height)
        return picture(null)
    }

    /**
     * A frame of YUV_420_888 before [background].
     *
     * @param turn degrees clockwise after which the frame stands upright.
     * @param mirrored left for right after the turn.
     */
    @JvmOverloads
    public fun process(image: Image, turn: Int = 0, mirrored: Boolean = false): Bitmap {
        val planes = image.planes.map { Frame.Plane(it.buffer, it.rowStride, it.pixelStride) }
        return process(Frame(image.width, image.height, planes, turn, mirrored))
    }

    /** Likewise; [into] is used again for the result where it is mutable and of its size. */
    @JvmOverloads
    @Synchronized
    public fun process(frame: Frame, into: Bitmap? = null): Bitmap {
        engine.segment(frame)
        return picture(into)
    }

    /** The matte of the last picture, 0 to 255, as the alpha of a bitmap without colours. */
    @Synchronized
    public fun matte(): Bitmap {
        val made = Bitmap.createBitmap(engine.width, engine.height, Bitmap.Config.ALPHA_8)
        val opacity = engine.opacity()
        if (made.rowBytes == made.width) {
            made.copyPixelsFromBuffer(opacity)
        } else {
            made.copyPixelsFromBuffer(padded(opacity, made))
        }
        return made
    }

    /** The next frame begins another clip: memory that makes masks steady is emptied. */
    public fun reset(): Unit = engine.reset()

    /** Frees the network. A segmenter that is closed raises [IllegalStateException]. */
    override fun close(): Unit = engine.close()

    private fun picture(into: Bitmap?): Bitmap {
        val pixels = engine.composite(background == Background.Cutout)
        val fits = into != null && into.isMutable && into.width == engine.width && into.height == engine.height &&
            into.config == Bitmap.Config.ARGB_8888
        val made = if (into != null && fits) into else
            Bitmap.createBitmap(engine.width, engine.height, Bitmap.Config.ARGB_8888)
        made.copyPixelsFromBuffer(pixels)
        return made
    }

    private fun rgba(bitmap: Bitmap): ByteBuffer {
        val plain = if (bitmap.config == Bitmap.Config.ARGB_8888) bitmap else
            bitmap.copy(Bitmap.Config.ARGB_8888, false)
                ?: throw PortraitException("photo: cannot be read as ARGB_8888")
        return ByteBuffer.allocateDirect(4 * plain.width * plain.height).also {
            plain.copyPixelsToBuffer(it)
            it.rewind()
        }
    }

    private fun padded(rows: ByteBuffer, bitmap: Bitmap): ByteBuffer {
        val made = ByteBuffer.allocate(bitmap.rowBytes * bitmap.height)
        val row = ByteArray(bitmap.width)
        for (y in 0 until bitmap.height) {
            rows.get(row)
            made.position(y * bitmap.rowBytes)
            made.put(row)
        }
        made.rewind()
        return made
    }

    public companion object {
        /**
         * Opens a model of the app's assets. It reads files: call it from a worker thread.
         *
         * @throws PortraitException the model is not there or cannot be run.
         */
        @JvmStatic
        @JvmOverloads
        @Throws(PortraitException::class)
        public fun create(context: Context, options: Options = Options()): PortraitSegmenter =
            PortraitSegmenter(Engine(Models.folder(context, options.model).path, options))

        /** The models of the app's assets. */
        @JvmStatic
        public fun models(context: Context): List<String> = Models.names(context)
    }
}
