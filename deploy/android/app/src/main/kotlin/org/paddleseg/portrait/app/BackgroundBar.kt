package org.paddleseg.portrait.app

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.LinearLayout
import android.widget.SeekBar

/** The gallery of backgrounds and the strength of blur; `changed` follows every choice. */
class BackgroundBar(
    root: View,
    private val settings: Settings,
    private val photo: Boolean,
    private val pickOwn: () -> Unit,
    private val changed: () -> Unit,
) {
    private val context: Context = root.context
    private val strength: SeekBar = root.findViewById(R.id.strength)
    private val buttons = LinkedHashMap<Choice, Button>()

    val choice: Choice get() = Choice.named(settings.background, photo)

    init {
        val gallery: LinearLayout = root.findViewById(R.id.gallery)
        for (each in Choice.all(photo)) {
            val button = Button(context, null, android.R.attr.borderlessButtonStyle)
            button.text = context.getString(each.label)
            button.minHeight = context.resources.getDimensionPixelSize(R.dimen.touch)
            button.setOnClickListener { if (each.name == Choice.OWN) pickOwn() else choose(each.name) }
            gallery.addView(button, LinearLayout.LayoutParams(ViewGroup.LayoutParams.WRAP_CONTENT, ViewGroup.LayoutParams.WRAP_CONTENT))
            buttons[each] = button
        }
        strength.progress = settings.strength
        strength.setOnSeekBarChangeListener(object : SeekBar.OnSeekBarChangeListener {
            override fun onProgressChanged(bar: SeekBar, progress: Int, fromUser: Boolean) {
                if (fromUser) settings.strength = progress
                if (fromUser && !photo) changed()
            }

            override fun onStartTrackingTouch(bar: SeekBar) = Unit

            override fun onStopTrackingTouch(bar: SeekBar) = changed()
        })
        mark()
    }

    fun choose(name: String) {
        settings.background = name
        mark()
        changed()
    }

    private fun mark() {
        for ((each, button) in buttons) {
            val label = context.getString(each.label)
            button.isSelected = each == choice
            button.alpha = if (button.isSelected) 1f else FAINT
            button.contentDescription = if (button.isSelected) context.getString(R.string.chosen, label) else label
        }
        strength.visibility = if (choice.name == Choice.BLUR) View.VISIBLE else View.INVISIBLE
    }

    private companion object {
        const val FAINT = 0.6f
    }
}
