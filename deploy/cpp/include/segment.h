/* Portrait and semantic segmentation from C, and from every language that calls C.
 *
 * Functions return SEGMENT_OK or SEGMENT_ERROR; then segment_error() says where, what is wrong and what to do.
 * One predictor may be used by several threads at once. A result belongs to whoever asked for it. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SEGMENT_API __attribute__((visibility("default")))
#else
#define SEGMENT_API
#endif

#define SEGMENT_OK 0
#define SEGMENT_ERROR 2

typedef struct segment_predictor segment_predictor;
typedef struct segment_result segment_result;

/* Zeros and null pointers are the defaults. */
typedef struct {
  const char* runtime;   /* "onnx" or "paddle"; null: the first that reads the model's files */
  const char* device;    /* "cpu" or "gpu" */
  int device_id;         /* which of several */
  int threads;           /* CPU threads of one picture; 0 leaves the choice to the engine */
  int tensorrt;          /* 1: TensorRT, on a GPU */
  const char* precision; /* of TensorRT: "fp32" or "fp16" */
} segment_options;

/* What the last call of this thread that failed had to say; "" where none has. Valid until the thread's next call. */
SEGMENT_API const char* segment_error(void);

/* A model in the folder that `paddleseg export` wrote, or a card's file. `options` may be null. */
SEGMENT_API int segment_open(const char* path, const segment_options* options, segment_predictor** predictor);
SEGMENT_API void segment_close(segment_predictor* predictor);

/* Channels of the pictures that it takes: 3 for RGB, 1 for grey. */
SEGMENT_API int segment_channels(const segment_predictor* predictor);

/* Segment a picture of bytes. `stride` is the distance of two rows in bytes; 0: rows stand one after the other. */
SEGMENT_API int segment_run(const segment_predictor* predictor, const uint8_t* pixels, int height, int width,
                            ptrdiff_t stride, segment_result** result);
SEGMENT_API void segment_free(segment_result* result);

/* Of the picture's size, row by row; they live as long as the result. */
SEGMENT_API const uint8_t* segment_mask(const segment_result* result);    /* the class of each pixel */
SEGMENT_API const uint8_t* segment_opacity(const segment_result* result); /* the matte, 0 to 255 */
SEGMENT_API const float* segment_prob(const segment_result* result); /* that it is foreground; null of argmax graphs */
/* Milliseconds of preprocessing, network and postprocessing. */
SEGMENT_API void segment_timing(const segment_result* result, double timing[3]);

#ifdef __cplusplus
}
#endif

#endif
