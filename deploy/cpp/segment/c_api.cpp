#include <cstdint>
#include <string>
#include <utility>

#include "../core/c_calls.h"
#include "../include/segment.h"
#include "predictor.h"

struct segment_predictor {
  segment::Predictor predictor;
};

struct segment_result {
  segment::Image mask, opacity;
  segment::Plane prob;
  segment::Timing timing;
};

namespace {

using segment::require;

template <typename Function>
int guarded(Function function) {
  return segment::succeeds("picture", "segment", function) ? SEGMENT_OK : SEGMENT_ERROR;
}

std::string word(const char* text, const std::string& fallback) { return text == nullptr ? fallback : text; }

}  // namespace

const char* segment_error(void) { return segment::last_error.c_str(); }

int segment_open(const char* path, const segment_options* options, segment_predictor** predictor) {
  return guarded([&] {
    require(path != nullptr, "path");
    require(predictor != nullptr, "predictor");
    *predictor = nullptr;
    segment::Options chosen;
    if (options != nullptr) {
      chosen = {word(options->runtime, ""), word(options->device, "cpu"), options->device_id,
                options->threads,           options->tensorrt != 0,       word(options->precision, "fp32")};
    }
    *predictor = new segment_predictor{segment::Predictor(path, chosen)};
  });
}

void segment_close(segment_predictor* predictor) { delete predictor; }

int segment_channels(const segment_predictor* predictor) {
  return predictor == nullptr ? 0 : predictor->predictor.card().channels;
}

int segment_run(const segment_predictor* predictor, const uint8_t* pixels, int height, int width, ptrdiff_t stride,
                segment_result** result) {
  return guarded([&] {
    require(predictor != nullptr, "predictor");
    require(pixels != nullptr, "pixels");
    require(result != nullptr, "result");
    *result = nullptr;
    const int channels = predictor->predictor.card().channels;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(width) * channels;
    if (stride != 0 && stride < row) {
      throw segment::Error("stride", "is shorter than a row of pixels", "give the distance of two rows in bytes, or 0");
    }
    auto found = predictor->predictor({pixels, {height, width}, channels, stride == 0 ? row : stride});
    auto made = std::make_unique<segment_result>();
    made->mask = found.mask();
    made->opacity = found.opacity();
    if (!found.values.empty()) made->prob = segment::foreground_of(found.values, found.output);
    made->timing = found.timing;
    *result = made.release();
  });
}

void segment_free(segment_result* result) { delete result; }

const uint8_t* segment_mask(const segment_result* result) { return result == nullptr ? nullptr : result->mask.data(); }

const uint8_t* segment_opacity(const segment_result* result) {
  return result == nullptr ? nullptr : result->opacity.data();
}

const float* segment_prob(const segment_result* result) {
  return result == nullptr || result->prob.empty() ? nullptr : result->prob.data();
}

void segment_timing(const segment_result* result, double timing[3]) {
  if (result == nullptr || timing == nullptr) return;
  timing[0] = result->timing.pre;
  timing[1] = result->timing.net;
  timing[2] = result->timing.post;
}
