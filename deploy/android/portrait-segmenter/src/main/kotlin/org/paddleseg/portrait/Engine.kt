package org.paddleseg.portrait

import java.nio.ByteBuffer

/** A segmenter of C++ and the buffer of its pictures: everything that needs no Android, so that any JVM can test it. */
internal class Engine(folder: String, options: Options) : AutoCloseable {
    private var handle = Native.open(folder, options.runtime, options.threads, options.smooth)
    private var pixels = ByteBuffer.allocateDirect(0)

    val width: Int get() = Native.width(open())
    val height: Int get() = Native.height(open())

    @Synchronized
    fun segment(frame: Frame) {
        val (y, u, v) = frame.planes
        Native.yuv(open(), y.buffer, u.buffer, v.buffer, frame.layout())
    }

    /** RGBA without gaps, in a direct buffer. */
    @Synchronized
    fun segment(rgba: ByteBuffer, width: Int, height: Int) = Native.rgba(open(), rgba, width, height)

    @Synchronized
    fun blur(strength: Double) = Native.blur(open(), strength)

    @Synchronized
    fun colour(argb: Int) = Native.colour(open(), argb shr 16 and 255, argb shr 8 and 255, argb and 255)

    @Synchronized
    fun picture(rgba: ByteBuffer, width: Int, height: Int) = Native.picture(open(), rgba, width, height)

    /** RGBA of the last picture, multiplied by opacity; the buffer is this engine's, until the next call. */
    @Synchronized
    fun composite(cutout: Boolean): ByteBuffer = buffer(4 * width * height).also {
        if (cutout) Native.cutout(handle, it) else Native.composite(handle, it)
    }

    /** The matte of the last picture, 0 to 255, likewise. */
    @Synchronized
    fun opacity(): ByteBuffer = buffer(width * height).also { Native.opacity(handle, it) }

    @Synchronized
    fun mask(): ByteBuffer = buffer(width * height).also { Native.mask(handle, it) }

    @Synchronized
    fun reset() = Native.reset(open())

    @Synchronized
    fun timing(): Timing {
        val stages = DoubleArray(5).also { Native.timing(open(), it) }
        return Timing(stages[0], stages[1], stages[2], stages[3], stages[4])
    }

    /** Of at least this capacity: where frames have one size it is made once. */
    fun buffer(bytes: Int): ByteBuffer {
        if (pixels.capacity() < bytes) pixels = ByteBuffer.allocateDirect(bytes)
        pixels.clear()
        pixels.limit(bytes)
        return pixels
    }

    @Synchronized
    override fun close() {
        Native.close(handle)
        handle = 0
    }

    private fun open(): Long {
        check(handle != 0L) { "the segmenter is closed" }
        return handle
    }
}
