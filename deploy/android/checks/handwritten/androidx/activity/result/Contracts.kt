// Kotlin's objects and defaults, which the described packages show as Java sees them.
package androidx.activity.result

import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia

class PickVisualMediaRequest internal constructor() {
    class Builder {
        fun setMediaType(mediaType: PickVisualMedia.VisualMediaType): Builder = TODO("$mediaType")

        fun build(): PickVisualMediaRequest = TODO()
    }
}
