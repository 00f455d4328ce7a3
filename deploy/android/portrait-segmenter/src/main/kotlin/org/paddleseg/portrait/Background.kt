package org.paddleseg.portrait

import android.graphics.Bitmap

/** What stands behind people. */
public sealed class Background {
    /** The picture itself out of focus; [strength] is above 0, up to 1. */
    public data class Blur(val strength: Double = 0.5) : Background()

    /** One colour, as `0xRRGGBB`; alpha is left out. */
    public data class Colour(val rgb: Int) : Background()

    /** A picture, which fills the frame with its middle. */
    public data class Picture(val bitmap: Bitmap) : Background()

    /** Nothing: people are cut out, and the rest is transparent. */
    public object Cutout : Background()
}
