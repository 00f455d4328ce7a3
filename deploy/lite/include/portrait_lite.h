/* People in a camera's frames, and other backgrounds behind them, from C and every language that calls C.
 *
 * Functions return PORTRAIT_OK or PORTRAIT_ERROR; then portrait_error() says where, what is wrong and what to do.
 * A segmenter is used by one thread at a time; different ones work side by side. */
#ifndef PORTRAIT_LITE_H
#define PORTRAIT_LITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PORTRAIT_API __attribute__((visibility("default")))
#else
#define PORTRAIT_API
#endif

#define PORTRAIT_OK 0
#define PORTRAIT_ERROR 2

typedef struct portrait_segmenter portrait_segmenter;

enum { PORTRAIT_RGB, PORTRAIT_RGBA, PORTRAIT_BGR, PORTRAIT_BGRA, PORTRAIT_YUV_FULL, PORTRAIT_YUV_VIDEO };

/* A frame that the caller owns. YUV is Y, U and V (4:2:0), however they are stored: YUV_420_888 as Android gives it;
 * of NV21 V begins the second half and U a byte later, both with a pixel stride of 2. Full range is what cameras of
 * phones give, video range is that of most clips. Zeros are the defaults. */
typedef struct {
  int format;
  int width, height;
  const uint8_t* planes[3]; /* the first one alone, unless it is YUV */
  ptrdiff_t row_strides[3]; /* distances in bytes */
  ptrdiff_t pixel_strides[3];
  int left, top, crop_width, crop_height; /* a part of the frame; zeros: all of it */
  int turn;                               /* clockwise, after the crop: 0, 90, 180 or 270 degrees */
  int mirrored;                           /* 1: left for right, after the turn */
} portrait_frame;

/* What the last call of this thread that failed had to say; "" where none has. Valid until the thread's next call. */
PORTRAIT_API const char* portrait_error(void);

/* A model in the folder that deploy/lite/pack.py made. `runtime` is "lite", "onnx", or null for the first that runs it;
 * `threads` of 0 leaves the choice to the engine; `smooth` makes masks of a clip steady: 1 for cameras, 0 for photos.
 */
PORTRAIT_API int portrait_open(const char* folder, const char* runtime, int threads, int smooth,
                               portrait_segmenter** segmenter);
PORTRAIT_API void portrait_close(portrait_segmenter* segmenter);

/* The next frame. */
PORTRAIT_API int portrait_segment(portrait_segmenter* segmenter, const portrait_frame* frame);
/* The next frame begins another clip. */
PORTRAIT_API void portrait_reset(portrait_segmenter* segmenter);

/* Of the last frame as it is meant to be seen. Pointers hold until the next frame. */
PORTRAIT_API int portrait_width(const portrait_segmenter* segmenter);
PORTRAIT_API int portrait_height(const portrait_segmenter* segmenter);
PORTRAIT_API const uint8_t* portrait_mask(const portrait_segmenter* segmenter);    /* the class of each pixel */
PORTRAIT_API const uint8_t* portrait_opacity(const portrait_segmenter* segmenter); /* the matte, 0 to 255 */
PORTRAIT_API const uint8_t* portrait_rgb(const portrait_segmenter* segmenter);     /* the frame itself */

/* What stands behind people: the frame itself out of focus (above 0, up to 1), a colour, or an RGB picture, which is
 * copied and fills the frame. At first it is blur of 0.5. */
PORTRAIT_API int portrait_blur(portrait_segmenter* segmenter, double strength);
PORTRAIT_API int portrait_colour(portrait_segmenter* segmenter, uint8_t red, uint8_t green, uint8_t blue);
PORTRAIT_API int portrait_picture(portrait_segmenter* segmenter, const uint8_t* rgb, int width, int height);

/* The last frame's people before it, or cut out, into rows of RGBA that the caller owns. */
PORTRAIT_API int portrait_composite(portrait_segmenter* segmenter, uint8_t* rgba, ptrdiff_t row_stride);
PORTRAIT_API int portrait_cutout(portrait_segmenter* segmenter, uint8_t* rgba, ptrdiff_t row_stride);

/* Milliseconds of the last frame: turning it into RGB, the network's input, the network, its mask, the composite. */
PORTRAIT_API void portrait_timing(const portrait_segmenter* segmenter, double timing[5]);

#ifdef __cplusplus
}
#endif

#endif
