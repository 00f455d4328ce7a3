package org.paddleseg.portrait.app

import android.content.Context
import android.graphics.Bitmap
import androidx.camera.core.ImageAnalysis
import androidx.camera.core.ImageProxy
import java.util.concurrent.Executor
import java.util.concurrent.RejectedExecutionException
import org.paddleseg.portrait.Background
import org.paddleseg.portrait.Frame
import org.paddleseg.portrait.Options
import org.paddleseg.portrait.PortraitSegmenter

/** Camera frames through the segmenter to the screen. All but the constructor runs on `worker`, one thing at a time. */
class FramePipe(
    private val context: Context,
    private val worker: Executor,
    private val show: (Bitmap) -> Unit,
    private val measured: (Latency) -> Unit,
    private val failed: (Exception) -> Unit,
) : ImageAnalysis.Analyzer {
    val gate = Gate()

    @Volatile
    var mirrored = true
    private val latency = Latency()
    private var segmenter: PortraitSegmenter? = null
    private var picture: Bitmap? = null

    /** Opens a model in the place of the one before. */
    fun open(model: String, threads: Int, background: () -> Background) = work {
        segmenter?.close()
        segmenter = null
        latency.clear()
        segmenter = PortraitSegmenter.create(context, Options(model, threads = threads, smooth = true)).also {
            it.background = background()
        }
    }

    fun setBackground(background: () -> Background) = work { segmenter?.background = background() }

    /** The next frame is another camera's. */
    fun reset() = work { segmenter?.reset() }

    fun close() = work {
        segmenter?.close()
        segmenter = null
    }

    override fun analyze(image: ImageProxy) {
        image.use {
            val ready = segmenter ?: return
            if (!gate.lets()) return
            try {
                val made = ready.process(frame(image), picture)
                picture = made
                show(made)
                latency.add(System.nanoTime(), ready.timing)
                measured(latency)
            } catch (error: Exception) {
                segmenter = null
                ready.close()
                failed(error)
            }
        }
    }

    private fun frame(image: ImageProxy): Frame {
        val planes = image.planes.map { Frame.Plane(it.buffer, it.rowStride, it.pixelStride) }
        val crop = image.cropRect
        return Frame(
            image.width,
            image.height,
            planes,
            turn = image.imageInfo.rotationDegrees,
            mirrored = mirrored,
            crop = intArrayOf(crop.left, crop.top, crop.width(), crop.height()),
        )
    }

    private fun work(what: () -> Unit) {
        try {
            worker.execute {
                try {
                    what()
                } catch (error: Exception) {
                    failed(error)
                }
            }
        } catch (_: RejectedExecutionException) {
            // The activity has ended, and its segmenter with it.
        }
    }
}
