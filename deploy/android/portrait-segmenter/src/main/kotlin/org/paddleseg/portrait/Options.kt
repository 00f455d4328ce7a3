package org.paddleseg.portrait

/**
 * How a segmenter is opened.
 *
 * @property model a folder below `models` of the app's assets, as [PortraitSegmenter.models] lists them.
 * @property runtime `onnx`, `lite`, or null for the first that runs the model.
 * @property threads of the network; 0 leaves the choice to the engine.
 * @property smooth true for a camera's frames, whose masks become steady; false for photos.
 */
public data class Options @JvmOverloads constructor(
    val model: String = "portrait",
    val runtime: String? = null,
    val threads: Int = 2,
    val smooth: Boolean = false,
)
