package org.paddleseg.portrait.app

import android.content.Intent
import android.graphics.Bitmap
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.widget.ImageView
import android.widget.Toast
import androidx.activity.ComponentActivity
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia
import java.util.concurrent.Executors
import org.paddleseg.portrait.Options
import org.paddleseg.portrait.PortraitSegmenter

/** One photo with another background, to be saved or shared. */
class PhotoActivity : ComponentActivity() {
    private val worker = Executors.newSingleThreadExecutor()
    private lateinit var settings: Settings
    private lateinit var backgrounds: Backgrounds
    private lateinit var bar: BackgroundBar

    // The worker's.
    private var segmenter: PortraitSegmenter? = null
    private var photo: Bitmap? = null

    // The main thread's.
    private var result: Bitmap? = null

    private val pickOwn = registerForActivityResult(PickVisualMedia()) { uri ->
        if (uri != null) work(R.string.photo_unreadable) {
            backgrounds.keep(uri)
            runOnUiThread { bar.choose(Choice.OWN) }
        }
    }
    private val save = registerForActivityResult(ActivityResultContracts.CreateDocument(Photos.TYPE)) { uri ->
        val made = result
        if (uri != null && made != null) work(R.string.not_saved) {
            Photos.write(this, made, uri)
            tell(getString(R.string.saved))
        }
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.activity_photo)
        val root: View = findViewById(R.id.root)
        Insets.keepClear(root)
        settings = Settings(this)
        backgrounds = Backgrounds(this)
        val images = PickVisualMediaRequest.Builder().setMediaType(PickVisualMedia.ImageOnly).build()
        bar = BackgroundBar(root, settings, photo = true, pickOwn = { pickOwn.launch(images) }, changed = ::make)
        findViewById<View>(R.id.save).setOnClickListener { if (result != null) save.launch("portrait.png") }
        findViewById<View>(R.id.share).setOnClickListener { share() }
        val uri = intent.data
        if (uri == null) finish() else read(uri)
    }

    override fun onDestroy() {
        worker.execute { segmenter?.close() }
        worker.shutdown()
        super.onDestroy()
    }

    private fun read(uri: Uri) {
        work(R.string.photo_unreadable) {
            val found = Photos.read(this, uri, LONGEST)
            photo = found.bitmap
            if (found.reduced) tell(getString(R.string.photo_reduced, found.bitmap.width, found.bitmap.height))
        }
        work(R.string.model_failed) {
            segmenter = PortraitSegmenter.create(this, Options(settings.model, threads = settings.threads))
        }
        make()
    }

    private fun make() {
        val choice = bar.choice
        val strength = settings.strength
        findViewById<View>(R.id.progress).visibility = View.VISIBLE
        work(R.string.model_failed) {
            val ready = segmenter
            val given = photo
            if (ready != null && given != null) {
                ready.background = backgrounds.of(choice, strength)
                val made = ready.process(given)
                runOnUiThread { show(made) }
            }
        }
    }

    private fun show(made: Bitmap) {
        result = made
        findViewById<ImageView>(R.id.result).setImageBitmap(made)
        findViewById<View>(R.id.progress).visibility = View.INVISIBLE
    }

    private fun share() {
        val made = result ?: return
        work(R.string.not_saved) {
            val intent = Photos.sharing(this, made)
            runOnUiThread { startActivity(Intent.createChooser(intent, getString(R.string.share))) }
        }
    }

    private fun work(complaint: Int, what: () -> Unit) = worker.execute {
        try {
            what()
        } catch (error: Exception) {
            tell(getString(complaint, error.message ?: error.toString()))
            runOnUiThread { findViewById<View>(R.id.progress).visibility = View.INVISIBLE }
        }
    }

    private fun tell(text: String) = runOnUiThread { Toast.makeText(this, text, Toast.LENGTH_LONG).show() }

    private companion object {
        const val LONGEST = 4096
    }
}
