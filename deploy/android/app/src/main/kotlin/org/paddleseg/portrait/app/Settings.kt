package org.paddleseg.portrait.app

import android.content.Context

/** What people chose, kept from one start to the next. */
class Settings(context: Context) {
    private val kept = context.getSharedPreferences("settings", Context.MODE_PRIVATE)

    var model: String
        get() = kept.getString("model", null) ?: "portrait"
        set(value) = kept.edit().putString("model", value).apply()

    var threads: Int
        get() = kept.getInt("threads", 2)
        set(value) = kept.edit().putInt("threads", value).apply()

    var background: String
        get() = kept.getString("background", null) ?: Choice.BLUR
        set(value) = kept.edit().putString("background", value).apply()

    /** 1 to 100. */
    var strength: Int
        get() = kept.getInt("strength", 50)
        set(value) = kept.edit().putInt("strength", value.coerceIn(1, 100)).apply()

    var frontCamera: Boolean
        get() = kept.getBoolean("front", true)
        set(value) = kept.edit().putBoolean("front", value).apply()

    var showsLatency: Boolean
        get() = kept.getBoolean("latency", false)
        set(value) = kept.edit().putBoolean("latency", value).apply()
}
