package org.paddleseg.portrait.app

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Color
import android.graphics.Paint
import android.graphics.Rect
import android.util.AttributeSet
import android.view.SurfaceHolder
import android.view.SurfaceView

/** Shows pictures that another thread makes, as large as they fit. */
class PictureView @JvmOverloads constructor(context: Context, attributes: AttributeSet? = null) :
    SurfaceView(context, attributes), SurfaceHolder.Callback {
    private val lock = Any()
    private val paint = Paint(Paint.FILTER_BITMAP_FLAG)
    private var ready = false

    init {
        holder.addCallback(this)
    }

    /** From any thread; false while there is nothing to draw on. */
    fun show(picture: Bitmap): Boolean = synchronized(lock) {
        if (!ready) return false
        val canvas = holder.lockCanvas() ?: return false
        try {
            canvas.drawColor(Color.BLACK)
            val place = Fit.inside(picture.width, picture.height, canvas.width, canvas.height)
            canvas.drawBitmap(picture, null, Rect(place[0], place[1], place[2], place[3]), paint)
        } finally {
            holder.unlockCanvasAndPost(canvas)
        }
        true
    }

    override fun surfaceCreated(holder: SurfaceHolder) = synchronized(lock) { ready = true }

    override fun surfaceChanged(holder: SurfaceHolder, format: Int, width: Int, height: Int) = Unit

    override fun surfaceDestroyed(holder: SurfaceHolder) = synchronized(lock) { ready = false }
}

/** Where a picture stands in a view. */
object Fit {
    /** Left, top, right and bottom of the largest place with the picture's proportions, in the middle. */
    fun inside(width: Int, height: Int, viewWidth: Int, viewHeight: Int): IntArray {
        val scale = minOf(viewWidth.toDouble() / width, viewHeight.toDouble() / height)
        val w = (width * scale).toInt()
        val h = (height * scale).toInt()
        val left = (viewWidth - w) / 2
        val top = (viewHeight - h) / 2
        return intArrayOf(left, top, left + w, top + h)
    }
}
