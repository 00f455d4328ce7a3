package org.paddleseg.portrait.app

import android.view.View
import androidx.core.view.ViewCompat
import androidx.core.view.WindowInsetsCompat

/** Since Android 15 windows reach under the system's bars. */
object Insets {
    fun keepClear(root: View) {
        ViewCompat.setOnApplyWindowInsetsListener(root) { view, insets ->
            val kinds = WindowInsetsCompat.Type.systemBars() or WindowInsetsCompat.Type.displayCutout()
            val bars = insets.getInsets(kinds)
            view.setPadding(bars.left, bars.top, bars.right, bars.bottom)
            WindowInsetsCompat.CONSUMED
        }
    }
}
