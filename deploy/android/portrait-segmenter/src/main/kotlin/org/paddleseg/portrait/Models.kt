package org.paddleseg.portrait

import android.content.Context
import java.io.File
import java.io.IOException

/** Models that pack.py made lie in the app's assets; C++ reads files. */
internal object Models {
    private const val FOLDER = "models"

    fun names(context: Context): List<String> = context.assets.list(FOLDER).orEmpty().sorted()

    /** The folder of a model's files, copied once for each version of the app. */
    @Synchronized
    fun folder(context: Context, name: String): File {
        val names = names(context)
        if (name !in names) {
            val known = names.joinToString().ifEmpty { "none" }
            throw PortraitException("model $name: is not in the app's assets, which have $known\n  hint: python deploy/lite/pack.py")
        }
        val version = context.packageManager.getPackageInfo(context.packageName, 0).lastUpdateTime
        val folder = File(context.noBackupFilesDir, "$FOLDER/$version/$name")
        if (!folder.isDirectory) copy(context, name, folder)
        return folder
    }

    private fun copy(context: Context, name: String, folder: File) {
        val versions = File(context.noBackupFilesDir, FOLDER)
        versions.listFiles().orEmpty().filter { it != folder.parentFile }.forEach { it.deleteRecursively() }
        val partial = File(folder.parentFile, "$name.partial")
        partial.deleteRecursively()
        if (!partial.mkdirs()) throw IOException("$partial cannot be made")
        for (file in context.assets.list("$FOLDER/$name").orEmpty()) {
            context.assets.open("$FOLDER/$name/$file").use { from ->
                File(partial, file).outputStream().use { from.copyTo(it) }
            }
        }
        if (!partial.renameTo(folder)) throw IOException("$partial cannot be renamed")
    }
}
