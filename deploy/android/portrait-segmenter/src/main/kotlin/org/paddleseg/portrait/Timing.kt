package org.paddleseg.portrait

/** Milliseconds of the last picture, stage by stage. */
public data class Timing(
    val read: Double,
    val pre: Double,
    val net: Double,
    val post: Double,
    val composite: Double,
) {
    /** Of all stages. */
    val total: Double get() = read + pre + net + post + composite
}
