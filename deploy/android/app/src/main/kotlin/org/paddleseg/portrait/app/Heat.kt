package org.paddleseg.portrait.app

import android.content.Context
import android.os.Build
import android.os.PowerManager
import androidx.annotation.RequiresApi

/** Tells when the phone becomes hot or cool, where Android does (10 and newer). */
class Heat(context: Context, private val told: (Pace) -> Unit) {
    private val power = context.getSystemService(Context.POWER_SERVICE) as PowerManager
    private var stop: () -> Unit = {}

    fun start() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) listen()
    }

    fun stop() {
        stop.invoke()
        stop = {}
    }

    @RequiresApi(Build.VERSION_CODES.Q)
    private fun listen() {
        val listener = PowerManager.OnThermalStatusChangedListener { told(Pace.of(it)) }
        power.addThermalStatusListener(listener)
        stop = { power.removeThermalStatusListener(listener) }
        told(Pace.of(power.currentThermalStatus))
    }
}
