// For 32 and 64 bits alike: nothing that only AArch64 has. What does not fill a register is left to the plain loops.
#if defined(__ARM_NEON)

#include <arm_neon.h>

#include "kernels.h"

namespace segment::lite {
namespace {

int16x8_t signed_of(uint8x8_t bytes) { return vreinterpretq_s16_u16(vmovl_u8(bytes)); }

// Rounded by thirteen bits, between 0 and 255.
uint8x8_t to_bytes(int32x4_t low, int32x4_t high) {
  return vqmovun_s16(vcombine_s16(vrshrn_n_s32(low, 13), vrshrn_n_s32(high, 13)));
}

void to_rgb(const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v, int count, YuvRange range,
            std::uint8_t* r, std::uint8_t* g, std::uint8_t* b) {
  const int whole = count & ~7;
  for (int i = 0; i < whole; i += 8) {
    const int16x8_t light = vsubq_s16(signed_of(vld1_u8(y + i)), vdupq_n_s16(range.black));
    const int16x8_t blue = vsubq_s16(signed_of(vld1_u8(u + i)), vdupq_n_s16(128));
    const int16x8_t red = vsubq_s16(signed_of(vld1_u8(v + i)), vdupq_n_s16(128));
    const int32x4_t low = vmull_n_s16(vget_low_s16(light), range.luma);
    const int32x4_t high = vmull_n_s16(vget_high_s16(light), range.luma);
    vst1_u8(r + i,
            to_bytes(vmlal_n_s16(low, vget_low_s16(red), range.red), vmlal_n_s16(high, vget_high_s16(red), range.red)));
    vst1_u8(g + i,
            to_bytes(
                vmlsl_n_s16(vmlsl_n_s16(low, vget_low_s16(blue), range.green_u), vget_low_s16(red), range.green_v),
                vmlsl_n_s16(vmlsl_n_s16(high, vget_high_s16(blue), range.green_u), vget_high_s16(red), range.green_v)));
    vst1_u8(b + i, to_bytes(vmlal_n_s16(low, vget_low_s16(blue), range.blue),
                            vmlal_n_s16(high, vget_high_s16(blue), range.blue)));
  }
  kPlain.to_rgb(y + whole, u + whole, v + whole, count - whole, range, r + whole, g + whole, b + whole);
}

void interleave(const std::uint8_t* r, const std::uint8_t* g, const std::uint8_t* b, int count, std::uint8_t* rgb) {
  const int whole = count & ~15;
  for (int i = 0; i < whole; i += 16) {
    const uint8x16x3_t pixels{{vld1q_u8(r + i), vld1q_u8(g + i), vld1q_u8(b + i)}};
    vst3q_u8(rgb + 3 * i, pixels);
  }
  kPlain.interleave(r + whole, g + whole, b + whole, count - whole, rgb + 3 * whole);
}

void between_columns(const std::uint8_t* left, const std::uint8_t* right, const std::int16_t* left_weights,
                     const std::int16_t* right_weights, int count, std::int16_t* row) {
  const int whole = count & ~7;
  for (int i = 0; i < whole; i += 8) {
    const int16x8_t l = signed_of(vld1_u8(left + i)), r = signed_of(vld1_u8(right + i));
    const int16x8_t lw = vld1q_s16(left_weights + i), rw = vld1q_s16(right_weights + i);
    const int32x4_t low = vmlal_s16(vmull_s16(vget_low_s16(l), vget_low_s16(lw)), vget_low_s16(r), vget_low_s16(rw));
    const int32x4_t high =
        vmlal_s16(vmull_s16(vget_high_s16(l), vget_high_s16(lw)), vget_high_s16(r), vget_high_s16(rw));
    vst1q_s16(row + i, vcombine_s16(vshrn_n_s32(low, 4), vshrn_n_s32(high, 4)));
  }
  kPlain.between_columns(left + whole, right + whole, left_weights + whole, right_weights + whole, count - whole,
                         row + whole);
}

void between_rows(const std::int16_t* above, const std::int16_t* below, std::int16_t above_weight,
                  std::int16_t below_weight, int count, float scale, float shift, float* values) {
  const int whole = count & ~3;
  for (int i = 0; i < whole; i += 4) {
    const int32x4_t sum = vaddq_s32(vshrq_n_s32(vmull_n_s16(vld1_s16(above + i), above_weight), 16),
                                    vshrq_n_s32(vmull_n_s16(vld1_s16(below + i), below_weight), 16));
    const float32x4_t level = vcvtq_f32_s32(vshrq_n_s32(vaddq_s32(sum, vdupq_n_s32(2)), 2));
    vst1q_f32(values + i, vaddq_f32(vmulq_n_f32(level, scale), vdupq_n_f32(shift)));
  }
  kPlain.between_rows(above + whole, below + whole, above_weight, below_weight, count - whole, scale, shift,
                      values + whole);
}

// (photo * share + picture * (255 - share) + 127) / 255, to the bit.
uint8x8_t mixed(uint8x8_t photo, uint8x8_t picture, uint8x8_t share) {
  const uint16x8_t sum = vaddq_u16(vmlal_u8(vmull_u8(photo, share), picture, vmvn_u8(share)), vdupq_n_u16(127));
  return vshrn_n_u16(vaddq_u16(vaddq_u16(sum, vdupq_n_u16(1)), vshrq_n_u16(sum, 8)), 8);
}

void blend(const std::uint8_t* photo, const std::uint8_t* opacity, int pixels, std::uint8_t* picture) {
  const int whole = pixels & ~7;
  for (int i = 0; i < whole; i += 8) {
    const uint8x8_t share = vld1_u8(opacity + i);
    const uint8x8x3_t front = vld3_u8(photo + 3 * i), back = vld3_u8(picture + 3 * i);
    const uint8x8x3_t result{{mixed(front.val[0], back.val[0], share), mixed(front.val[1], back.val[1], share),
                              mixed(front.val[2], back.val[2], share)}};
    vst3_u8(picture + 3 * i, result);
  }
  kPlain.blend(photo + 3 * whole, opacity + whole, pixels - whole, picture + 3 * whole);
}

void settle(const float* now, int count, float still, float high, float* before) {
  const int whole = count & ~3;
  const float one_by_high = 1 / high, moving = 1 - still;
  for (int i = 0; i < whole; i += 4) {
    const float32x4_t then = vld1q_f32(before + i), change = vsubq_f32(vld1q_f32(now + i), then);
    float32x4_t share = vminq_f32(vmulq_n_f32(vabsq_f32(change), one_by_high), vdupq_n_f32(1));
    share = vmulq_f32(share, vmulq_f32(share, vsubq_f32(vdupq_n_f32(3), vmulq_n_f32(share, 2))));
    share = vaddq_f32(vmulq_n_f32(share, moving), vdupq_n_f32(still));
    vst1q_f32(before + i, vaddq_f32(then, vmulq_f32(share, change)));
  }
  kPlain.settle(now + whole, count - whole, still, high, before + whole);
}

}  // namespace

const Kernels kFast{to_rgb, interleave, between_columns, between_rows, blend, settle};

}  // namespace segment::lite

#endif
