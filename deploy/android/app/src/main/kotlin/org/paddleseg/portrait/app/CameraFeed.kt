package org.paddleseg.portrait.app

import android.util.Size
import androidx.activity.ComponentActivity
import androidx.camera.core.CameraSelector
import androidx.camera.core.ImageAnalysis
import androidx.camera.core.resolutionselector.ResolutionSelector
import androidx.camera.core.resolutionselector.ResolutionStrategy
import androidx.camera.lifecycle.ProcessCameraProvider
import androidx.core.content.ContextCompat
import java.util.concurrent.Executor

/** The front or the back camera's frames, while the activity is seen. */
class CameraFeed(
    private val activity: ComponentActivity,
    private val worker: Executor,
    private val analyzer: ImageAnalysis.Analyzer,
    private val failed: (Exception) -> Unit,
) {
    /** Begins with this camera, or with the other one where the phone lacks it; [begun] is told which. */
    fun start(front: Boolean, begun: (front: Boolean) -> Unit) {
        val future = ProcessCameraProvider.getInstance(activity)
        future.addListener({
            try {
                val cameras = future.get()
                val wanted = if (front) FRONT_FIRST else FRONT_FIRST.reversed()
                val found = wanted.first { cameras.hasCamera(it) }
                val frames = frames()
                cameras.unbindAll()
                cameras.bindToLifecycle(activity, found, frames)
                begun(found == CameraSelector.DEFAULT_FRONT_CAMERA)
            } catch (error: Exception) {
                failed(error)
            }
        }, ContextCompat.getMainExecutor(activity))
    }

    private fun frames(): ImageAnalysis {
        val strategy = ResolutionStrategy(SIZE, ResolutionStrategy.FALLBACK_RULE_CLOSEST_LOWER_THEN_HIGHER)
        val frames = ImageAnalysis.Builder()
            .setResolutionSelector(ResolutionSelector.Builder().setResolutionStrategy(strategy).build())
            .setBackpressureStrategy(ImageAnalysis.STRATEGY_KEEP_ONLY_LATEST)
            .setOutputImageFormat(ImageAnalysis.OUTPUT_IMAGE_FORMAT_YUV_420_888)
            .build()
        frames.setAnalyzer(worker, analyzer)
        return frames
    }

    private companion object {
        val SIZE = Size(1280, 720)
        val FRONT_FIRST = listOf(CameraSelector.DEFAULT_FRONT_CAMERA, CameraSelector.DEFAULT_BACK_CAMERA)
    }
}
