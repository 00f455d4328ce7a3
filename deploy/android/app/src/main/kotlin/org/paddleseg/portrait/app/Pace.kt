package org.paddleseg.portrait.app

/** How much work a phone gets that is as hot as `PowerManager` says. */
data class Pace(val every: Int, val paused: Boolean = false) {
    val slower: Boolean get() = every > 1

    companion object {
        val FULL = Pace(every = 1)

        /** @param status from `THERMAL_STATUS_NONE`, 0, to `THERMAL_STATUS_SHUTDOWN`, 6. */
        fun of(status: Int): Pace = when {
            status <= 1 -> FULL
            status == 2 -> Pace(every = 2) // moderate: people notice nothing else
            status == 3 -> Pace(every = 4) // severe
            else -> Pace(every = 4, paused = true)
        }
    }
}

/** Chooses the frames that are worked on: one of [Pace.every], none in a pause. */
class Gate {
    @Volatile
    var pace: Pace = Pace.FULL
    private var count = 0

    fun lets(): Boolean {
        val now = pace
        count = (count + 1) % now.every
        return !now.paused && count == 0
    }
}
