package org.paddleseg.portrait

import java.nio.ByteBuffer

/** `src/main/cpp/jni.cpp`. Handles are addresses: only [Engine] calls these, one thread at a time. */
internal object Native {
    init {
        System.loadLibrary("portrait_jni")
    }

    @JvmStatic external fun open(folder: String, runtime: String?, threads: Int, smooth: Boolean): Long
    @JvmStatic external fun close(handle: Long)
    @JvmStatic external fun reset(handle: Long)
    @JvmStatic external fun yuv(handle: Long, y: ByteBuffer, u: ByteBuffer, v: ByteBuffer, layout: IntArray)
    @JvmStatic external fun rgba(handle: Long, pixels: ByteBuffer, width: Int, height: Int)
    @JvmStatic external fun width(handle: Long): Int
    @JvmStatic external fun height(handle: Long): Int
    @JvmStatic external fun mask(handle: Long, into: ByteBuffer)
    @JvmStatic external fun opacity(handle: Long, into: ByteBuffer)
    @JvmStatic external fun blur(handle: Long, strength: Double)
    @JvmStatic external fun colour(handle: Long, red: Int, green: Int, blue: Int)
    @JvmStatic external fun picture(handle: Long, pixels: ByteBuffer, width: Int, height: Int)
    @JvmStatic external fun composite(handle: Long, into: ByteBuffer)
    @JvmStatic external fun cutout(handle: Long, into: ByteBuffer)
    @JvmStatic external fun timing(handle: Long, into: DoubleArray)
}
