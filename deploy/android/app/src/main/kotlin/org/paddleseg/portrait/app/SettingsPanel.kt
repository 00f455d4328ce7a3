package org.paddleseg.portrait.app

import android.view.View
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.CheckBox
import android.widget.Spinner
import org.paddleseg.portrait.PortraitSegmenter

/** Model, threads and the overlay. */
class SettingsPanel(
    root: View,
    private val settings: Settings,
    private val reopen: () -> Unit,
    private val overlayChanged: () -> Unit,
) {
    private val panel: View = root.findViewById(R.id.settings)

    init {
        val models = PortraitSegmenter.models(root.context)
        if (models.isNotEmpty() && settings.model !in models) settings.model = models.first()
        choices(root.findViewById(R.id.model), models, settings.model) { settings.model = it }
        val threads = (1..Runtime.getRuntime().availableProcessors().coerceIn(1, MOST_THREADS)).map { it.toString() }
        choices(root.findViewById(R.id.threads), threads, settings.threads.toString()) { settings.threads = it.toInt() }
        val latency: CheckBox = root.findViewById(R.id.show_latency)
        latency.isChecked = settings.showsLatency
        latency.setOnCheckedChangeListener { _, checked ->
            settings.showsLatency = checked
            overlayChanged()
        }
    }

    fun toggle() {
        panel.visibility = if (panel.visibility == View.VISIBLE) View.GONE else View.VISIBLE
    }

    private fun choices(spinner: Spinner, values: List<String>, chosen: String, keep: (String) -> Unit) {
        var last = values.indexOf(chosen).coerceAtLeast(0)
        spinner.adapter = ArrayAdapter(spinner.context, android.R.layout.simple_spinner_dropdown_item, values)
        spinner.setSelection(last)
        spinner.onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
            override fun onItemSelected(parent: AdapterView<*>?, view: View?, position: Int, id: Long) {
                if (position == last) return // spinners say at first what they were told
                last = position
                keep(values[position])
                reopen()
            }

            override fun onNothingSelected(parent: AdapterView<*>?) = Unit
        }
    }

    private companion object {
        const val MOST_THREADS = 4
    }
}
