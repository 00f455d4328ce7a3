// The loops that every frame goes through, twice: in plain C++, and with NEON where there is one. Both give the same
// bits, floats included, since nothing is contracted; core/tests compares them.
#pragma once

#include <cstdint>

namespace segment::lite {

// From Y, U, V to R, G, B, BT.601: in thirteen bits.
struct YuvRange {
  std::int16_t black;  // of Y
  std::int16_t luma, red, green_u, green_v, blue;
};
constexpr YuvRange kFullRange{0, 8192, 11485, 2819, 5850, 14516};    // JPEG's, which Android's cameras give
constexpr YuvRange kVideoRange{16, 9539, 13075, 3209, 6660, 16525};  // most clips'

// A row between two rows, or two columns: weights of eleven bits, as OpenCV has them.
struct Kernels {
  void (*to_rgb)(const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, int count, YuvRange range,
                 std::uint8_t* r, std::uint8_t* g, std::uint8_t* b);
  void (*interleave)(const std::uint8_t* r, const std::uint8_t* g, const std::uint8_t* b, int count, std::uint8_t* rgb);
  void (*between_columns)(const std::uint8_t* left, const std::uint8_t* right, const std::int16_t* left_weights,
                          const std::int16_t* right_weights, int count, std::int16_t* row);
  void (*between_rows)(const std::int16_t* above, const std::int16_t* below, std::int16_t above_weight,
                       std::int16_t below_weight, int count, float scale, float shift, float* values);
  // picture = photo where opacity is 255, picture where it is 0, and mixed between.
  void (*blend)(const std::uint8_t* photo, const std::uint8_t* opacity, int pixels, std::uint8_t* picture);
  // The new frame's values mixed into those before, more of them where they changed more.
  void (*settle)(const float* now, int count, float still, float high, float* before);
};

extern const Kernels kPlain;
// NEON's, or the plain ones.
extern const Kernels kFast;

}  // namespace segment::lite
