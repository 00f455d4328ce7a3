package org.paddleseg.portrait

import java.nio.ByteBuffer

/**
 * A camera's frame of YUV_420_888, which stays the camera's: it is read within the call that it is given to.
 *
 * @property planes Y, U and V.
 * @property crop the part that counts: left, top, width and height; null for all of it.
 * @property turn degrees clockwise after which it stands upright: 0, 90, 180 or 270.
 * @property mirrored left for right after the turn, as people expect of a front camera.
 */
public class Frame @JvmOverloads constructor(
    public val width: Int,
    public val height: Int,
    public val planes: List<Plane>,
    public val turn: Int = 0,
    public val mirrored: Boolean = false,
    public val crop: IntArray? = null,
) {
    /** Bytes of a plane, and the distances of its rows and pixels in bytes. The buffer is direct. */
    public class Plane(public val buffer: ByteBuffer, public val rowStride: Int, public val pixelStride: Int)

    init {
        require(planes.size == 3) { "a frame of YUV has 3 planes, not ${planes.size}" }
        require(crop == null || crop.size == 4) { "a crop is left, top, width and height" }
    }

    /** In the order that jni.cpp reads. */
    internal fun layout(): IntArray {
        val (left, top, cropWidth, cropHeight) = crop ?: IntArray(4)
        val rows = planes.map { it.rowStride }
        val pixels = planes.map { it.pixelStride }
        return intArrayOf(width, height) + rows + pixels +
            intArrayOf(left, top, cropWidth, cropHeight, turn, if (mirrored) 1 else 0)
    }
}
