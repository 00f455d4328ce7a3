#include "one_pass.h"

#include <array>
#include <cmath>
#include <vector>

namespace segment::lite {
namespace {

// A resized picture lies in the network's input, and padding around it.
struct Layout {
  bool fits = true;  // whether that is all there is to do
  Size inner;
  int top = 0, left = 0;
  Size outer;
  Geometry geometry;
};

Layout layout(const std::vector<Move>& moves, Size size) {
  Layout result{true, size, 0, 0, size, Geometry(size)};
  bool padded = false;
  for (const Move& move : moves) {
    const Size before = result.outer;
    result.outer = move.size;
    if (move.pads) {
      padded = true;
      result.top += move.top;
      result.left += move.left;
      result.geometry.pad(move.top, move.size.h - before.h - move.top, move.left, move.size.w - before.w - move.left);
    } else {
      const bool same = move.size == before;
      result.fits = result.fits && (same || (!padded && result.inner == size));
      result.fits = result.fits && (same || move.interpolation == Interpolation::kLinear);
      if (!same) result.inner = move.size;
      result.geometry.resize(move.size);
    }
  }
  return result;
}

std::int16_t weight(float share) { return static_cast<std::int16_t>(std::lrint(share * 2048)); }

using Rows = std::array<std::vector<std::int16_t>, 3>;

}  // namespace

Prepared prepared(const Camera& camera, const Preprocessor& prepare, const Kernels& kernels) {
  const auto moves = prepare.plan(camera.size());
  const Layout plan = layout(moves, camera.size());
  if (!plan.fits || prepare.scale().size() != 3) {
    const Image picture = camera.rgb();
    return prepare(view(picture));
  }
  const auto count = static_cast<std::size_t>(plan.inner.w);
  std::vector<int> columns;  // first those to the left of each new one, then those to the right
  std::vector<std::int16_t> left, right;
  for (const Tap& tap : linear_taps(camera.size().w, plan.inner.w)) {
    const float share = tap.left == tap.right ? 0 : tap.share;  // as OpenCV does at the border
    columns.push_back(tap.left);
    left.push_back(weight(1 - share));
    right.push_back(weight(share));
  }
  for (const Tap& tap : linear_taps(camera.size().w, plan.inner.w)) columns.push_back(tap.right);

  std::array<std::vector<std::uint8_t>, 3> read;
  for (auto& channel : read) channel.resize(2 * count);
  std::array<Rows, 2> held;
  for (auto& rows : held) {
    for (auto& row : rows) row.resize(count);
  }
  std::array<int, 2> which{-1, -1};
  const auto rows_of = [&](int y) -> const Rows& {
    const auto slot = static_cast<std::size_t>(y % 2);
    if (which[slot] != y) {
      camera.read(y, columns.data(), static_cast<int>(2 * count), read[0].data(), read[1].data(), read[2].data());
      for (std::size_t c = 0; c < 3; ++c) {
        kernels.between_columns(read[c].data(), read[c].data() + count, left.data(), right.data(), plan.inner.w,
                                held[slot][c].data());
      }
      which[slot] = y;
    }
    return held[slot];
  };

  Prepared result{std::vector<float>(3 * plan.outer.area()), plan.geometry};
  for (auto move = moves.begin(); move != moves.end(); ++move) {
    if (!move->pads) continue;
    for (std::size_t c = 0; c < 3; ++c) {  // what the picture covers is written over
      const float value = static_cast<float>(move->fill[c]) * prepare.scale()[c] + prepare.shift()[c];
      std::fill_n(result.tensor.begin() + static_cast<std::ptrdiff_t>(c * plan.outer.area()), plan.outer.area(), value);
    }
  }
  const auto down = linear_taps(camera.size().h, plan.inner.h);
  for (int y = 0; y < plan.inner.h; ++y) {
    const Tap& tap = down[static_cast<std::size_t>(y)];
    const Rows &above = rows_of(tap.left), &below = rows_of(tap.right);
    for (std::size_t c = 0; c < 3; ++c) {
      float* out = result.tensor.data() + c * plan.outer.area() +
                   static_cast<std::size_t>(plan.top + y) * static_cast<std::size_t>(plan.outer.w) + plan.left;
      kernels.between_rows(above[c].data(), below[c].data(), weight(1 - tap.share), weight(tap.share), plan.inner.w,
                           prepare.scale()[c], prepare.shift()[c], out);
    }
  }
  return result;
}

}  // namespace segment::lite
