#include "kernels.h"

#include <algorithm>
#include <cmath>

namespace segment::lite {
namespace {

std::uint8_t to_byte(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

void to_rgb(const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, int count, YuvRange range,
            std::uint8_t* r, std::uint8_t* g, std::uint8_t* b) {
  for (int i = 0; i < count; ++i) {
    const int luma = (y[i] - range.black) * range.luma, blue = u[i] - 128, red = v[i] - 128, half = 1 << 12;
    r[i] = to_byte((luma + red * range.red + half) >> 13);
    g[i] = to_byte((luma - blue * range.green_u - red * range.green_v + half) >> 13);
    b[i] = to_byte((luma + blue * range.blue + half) >> 13);
  }
}

void interleave(const std::uint8_t* r, const std::uint8_t* g, const std::uint8_t* b, int count, std::uint8_t* rgb) {
  for (int i = 0; i < count; ++i) {
    *rgb++ = r[i];
    *rgb++ = g[i];
    *rgb++ = b[i];
  }
}

void between_columns(const std::uint8_t* left, const std::uint8_t* right, const std::int16_t* left_weights,
                     const std::int16_t* right_weights, int count, std::int16_t* row) {
  for (int i = 0; i < count; ++i) {
    row[i] = static_cast<std::int16_t>((left[i] * left_weights[i] + right[i] * right_weights[i]) >> 4);
  }
}

void between_rows(const std::int16_t* above, const std::int16_t* below, std::int16_t above_weight,
                  std::int16_t below_weight, int count, float scale, float shift, float* values) {
  for (int i = 0; i < count; ++i) {
    const int sum = ((above_weight * above[i]) >> 16) + ((below_weight * below[i]) >> 16);
    values[i] = static_cast<float>((sum + 2) >> 2) * scale + shift;
  }
}

void blend(const std::uint8_t* photo, const std::uint8_t* opacity, int pixels, std::uint8_t* picture) {
  for (int i = 0; i < 3 * pixels; ++i) {
    const int share = opacity[i / 3];
    picture[i] = static_cast<std::uint8_t>((photo[i] * share + picture[i] * (255 - share) + 127) / 255);
  }
}

void settle(const float* now, int count, float still, float high, float* before) {
  const float one_by_high = 1 / high;
  for (int i = 0; i < count; ++i) {
    const float change = now[i] - before[i];
    float share = std::min(std::abs(change) * one_by_high, 1.F);
    share = share * (share * (3 - 2 * share));
    before[i] = before[i] + (share * (1 - still) + still) * change;
  }
}

}  // namespace

const Kernels kPlain{to_rgb, interleave, between_columns, between_rows, blend, settle};
#if !defined(__ARM_NEON)
const Kernels kFast = kPlain;
#endif

}  // namespace segment::lite
