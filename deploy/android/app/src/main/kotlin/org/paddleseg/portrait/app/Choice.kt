package org.paddleseg.portrait.app

/** A background of the gallery. */
class Choice(val name: String, val label: Int, val colour: Int? = null, val picture: Int? = null) {
    companion object {
        const val BLUR = "blur"
        const val OWN = "own"
        const val CUTOUT = "cutout"

        private val LIST = listOf(
            Choice(BLUR, R.string.background_blur),
            Choice(OWN, R.string.background_own),
            Choice("dusk", R.string.background_dusk, picture = R.drawable.background_dusk),
            Choice("meadow", R.string.background_meadow, picture = R.drawable.background_meadow),
            Choice("green", R.string.background_green, colour = 0x00b140),
            Choice("white", R.string.background_white, colour = 0xffffff),
            Choice("grey", R.string.background_grey, colour = 0x606468),
            Choice("blue", R.string.background_blue, colour = 0x1565c0),
            Choice(CUTOUT, R.string.background_cutout),
        )

        /** A camera's picture has no transparency to show. */
        fun all(photo: Boolean): List<Choice> = LIST.filter { photo || it.name != CUTOUT }

        fun named(name: String, photo: Boolean): Choice = all(photo).find { it.name == name } ?: LIST.first()
    }
}
