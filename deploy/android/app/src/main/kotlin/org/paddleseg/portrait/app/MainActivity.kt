package org.paddleseg.portrait.app

import android.Manifest
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import android.widget.Button
import android.widget.TextView
import android.widget.Toast
import androidx.activity.ComponentActivity
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia
import androidx.core.content.ContextCompat
import java.util.concurrent.Executors

/** The camera's picture with another background. */
class MainActivity : ComponentActivity() {
    private val worker = Executors.newSingleThreadExecutor()
    private lateinit var settings: Settings
    private lateinit var backgrounds: Backgrounds
    private lateinit var bar: BackgroundBar
    private lateinit var pipe: FramePipe
    private lateinit var feed: CameraFeed
    private lateinit var heat: Heat
    private lateinit var picture: PictureView
    private lateinit var overlay: TextView

    private val askForCamera = registerForActivityResult(ActivityResultContracts.RequestPermission()) { granted ->
        if (granted) startCamera() else explainDenial()
    }
    private val pickOwn = registerForActivityResult(PickVisualMedia()) { uri -> if (uri != null) keepOwn(uri) }
    private val pickPhoto = registerForActivityResult(PickVisualMedia()) { uri ->
        if (uri != null) startActivity(Intent(this, PhotoActivity::class.java).setData(uri))
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_main)
        val root: View = findViewById(R.id.root)
        Insets.keepClear(root)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        settings = Settings(this)
        backgrounds = Backgrounds(this)
        picture = findViewById(R.id.picture)
        overlay = findViewById(R.id.overlay)
        bar = BackgroundBar(root, settings, photo = false, pickOwn = { pickOwn.launch(images()) }, changed = ::setBackground)
        val panel = SettingsPanel(root, settings, reopen = ::openModel, overlayChanged = ::showOverlay)
        pipe = FramePipe(this, worker, { picture.show(it) }, ::measured) { runOnUiThread { modelFailed(it) } }
        feed = CameraFeed(this, worker, pipe) { message(getString(R.string.camera_none), null) {} }
        heat = Heat(this, ::follow)
        findViewById<View>(R.id.flip).setOnClickListener { flip() }
        findViewById<View>(R.id.pick_photo).setOnClickListener { pickPhoto.launch(images()) }
        findViewById<View>(R.id.show_settings).setOnClickListener { panel.toggle() }
        showOverlay()
        openModel()
    }

    override fun onStart() {
        super.onStart()
        heat.start()
        setBackground() // the photo's screen may have chosen another one
        when {
            ContextCompat.checkSelfPermission(this, Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED -> startCamera()
            shouldShowRequestPermissionRationale(Manifest.permission.CAMERA) -> explainDenial()
            else -> message(getString(R.string.camera_why), R.string.allow) { askForCamera.launch(Manifest.permission.CAMERA) }
        }
    }

    override fun onStop() {
        heat.stop()
        super.onStop()
    }

    override fun onDestroy() {
        pipe.close()
        worker.shutdown()
        super.onDestroy()
    }

    private fun startCamera() {
        message(null, null) {}
        feed.start(settings.frontCamera) { front ->
            settings.frontCamera = front
            pipe.mirrored = front
            pipe.reset()
        }
    }

    private fun flip() {
        settings.frontCamera = !settings.frontCamera
        startCamera()
    }

    /** Asked again where Android still asks; else its settings are the only way. */
    private fun explainDenial() {
        if (shouldShowRequestPermissionRationale(Manifest.permission.CAMERA)) {
            message(getString(R.string.camera_why), R.string.allow) { askForCamera.launch(Manifest.permission.CAMERA) }
        } else {
            message(getString(R.string.camera_denied), R.string.open_settings) {
                val app = Uri.fromParts("package", packageName, null)
                startActivity(Intent(android.provider.Settings.ACTION_APPLICATION_DETAILS_SETTINGS, app))
            }
        }
    }

    private fun openModel() = pipe.open(settings.model, settings.threads, background())

    private fun setBackground() = pipe.setBackground(background())

    private fun background(): () -> org.paddleseg.portrait.Background {
        val choice = bar.choice
        val strength = settings.strength
        return { backgrounds.of(choice, strength) }
    }

    private fun keepOwn(uri: Uri) = worker.execute {
        try {
            backgrounds.keep(uri)
            runOnUiThread { bar.choose(Choice.OWN) }
        } catch (_: Exception) {
            runOnUiThread { Toast.makeText(this, R.string.photo_unreadable, Toast.LENGTH_LONG).show() }
        }
    }

    private fun follow(pace: Pace) {
        pipe.gate.pace = pace
        if (pace.paused) {
            message(getString(R.string.hot_paused), null) {}
        } else if (pace.slower) {
            Toast.makeText(this, R.string.hot_slower, Toast.LENGTH_LONG).show()
        }
    }

    private fun modelFailed(error: Exception) =
        message(getString(R.string.model_failed, error.message ?: error.toString()), null) {}

    private fun showOverlay() {
        overlay.visibility = if (settings.showsLatency) View.VISIBLE else View.GONE
    }

    private fun measured(latency: Latency) {
        val text = getString(R.string.latency, latency.total, latency.net, latency.rate)
        overlay.post { overlay.text = text }
    }

    private fun message(text: String?, action: Int?, act: () -> Unit) {
        findViewById<View>(R.id.message_panel).visibility = if (text == null) View.GONE else View.VISIBLE
        findViewById<TextView>(R.id.message).text = text
        val button: Button = findViewById(R.id.message_button)
        button.visibility = if (action == null) View.GONE else View.VISIBLE
        if (action != null) button.setText(action)
        button.setOnClickListener { act() }
    }

    private fun images() = PickVisualMediaRequest.Builder().setMediaType(PickVisualMedia.ImageOnly).build()
}
