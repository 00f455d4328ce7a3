#include "edges.h"

#include <algorithm>
#include <cmath>

#include "resize.h"

namespace segment {
namespace {

constexpr double kWindow = 2.5;     // radius in pixels of the small copy, at least
constexpr float kEpsilon = 1e-3F;   // variance of brightness below which a window has no edge to follow
constexpr double kSteepness = 2.0;  // a window's mean is less certain than its pixels

int mirrored(int at, int length) {
  if (length == 1) return 0;
  while (at < 0 || at >= length) at = at < 0 ? -at : 2 * length - 2 - at;
  return at;
}

// The mean of the windows around each pixel; beyond the border the plane is mirrored.
Plane mean(const Plane& plane, int radius) {
  const Size size = plane.size();
  const auto width = static_cast<std::size_t>(size.w);
  Map<double> rows(size);
  for (int y = 0; y < size.h; ++y) {
    const float* from = plane.row(y);
    double* to = rows.row(y);
    double sum = 0;
    for (int at = -radius; at <= radius; ++at) sum += from[mirrored(at, size.w)];
    for (int x = 0; x < size.w; ++x) {
      to[x] = sum;
      sum += from[mirrored(x + radius + 1, size.w)] - from[mirrored(x - radius, size.w)];
    }
  }
  std::vector<double> sums(width, 0.0);
  const auto add = [&](int y, double sign) {
    const double* from = rows.row(mirrored(y, size.h));
    for (std::size_t x = 0; x < width; ++x) sums[x] += sign * from[x];
  };
  for (int at = -radius; at <= radius; ++at) add(at, 1);
  const double share = 1.0 / ((2.0 * radius + 1) * (2.0 * radius + 1));
  Plane result(size);
  for (int y = 0; y < size.h; ++y) {
    float* to = result.row(y);
    for (std::size_t x = 0; x < width; ++x) to[x] = static_cast<float>(sums[x] * share);
    add(y + radius + 1, 1);
    add(y - radius, -1);
  }
  return result;
}

template <typename Function>
Plane each(const Plane& a, const Plane& b, Function function) {
  Plane result(a.size());
  std::transform(a.values().begin(), a.values().end(), b.values().begin(), result.values().begin(), function);
  return result;
}

// prob = slope * light + offset: the means of what fits best in the windows around.
struct Lines {
  Plane slope, offset;
};

Lines lines(const Plane& light, const Plane& prob, int radius) {
  const auto times = [](float a, float b) { return a * b; };
  const auto less = [](float a, float b) { return a - b; };
  const Plane mean_light = mean(light, radius), mean_prob = mean(prob, radius);
  const Plane variance = each(mean(each(light, light, times), radius), each(mean_light, mean_light, times), less);
  const Plane covariance = each(mean(each(light, prob, times), radius), each(mean_light, mean_prob, times), less);
  const Plane slope = each(covariance, variance, [](float a, float b) { return a / (b + kEpsilon); });
  const Plane offset = each(mean_prob, each(slope, mean_light, times), less);
  return {mean(slope, radius), mean(offset, radius)};
}

// The part of the small copy that can be foreground, with a rim; all else is background.
struct Part {
  int top, bottom, left, right;
};

Part part_of(const Plane& steep, int rim) {
  const Size size = steep.size();
  Part part{size.h, 0, size.w, 0};
  for (int y = 0; y < size.h; ++y) {
    for (int x = 0; x < size.w; ++x) {
      if (steep.row(y)[x] > 0) {
        part = {std::min(part.top, y), y + 1, std::min(part.left, x), std::max(part.right, x + 1)};
      }
    }
  }
  if (part.bottom == 0) return {0, 0, 0, 0};
  return {std::max(part.top - rim, 0), std::min(part.bottom + rim, size.h), std::max(part.left - rim, 0),
          std::min(part.right + rim, size.w)};
}

// Sides that are multiples of `side`: the last row and column are repeated.
Image padded(const Image& light, int side) {
  const Size size = light.size();
  const Size whole{(size.h + side - 1) / side * side, (size.w + side - 1) / side * side};
  if (whole == size) return light;
  Image result(whole);
  for (int y = 0; y < whole.h; ++y) {
    const std::uint8_t* from = light.row(std::min(y, size.h - 1));
    std::fill(std::copy_n(from, size.w, result.row(y)), result.row(y) + whole.w, from[size.w - 1]);
  }
  return result;
}

}  // namespace

Image brightness(ImageView picture) {
  Image light(picture.size);
  for (int y = 0; y < picture.size.h; ++y) {
    const std::uint8_t* from = picture.row(y);
    std::uint8_t* to = light.row(y);
    if (picture.channels == 1) {
      std::copy_n(from, picture.size.w, to);
      continue;
    }
    for (int x = 0; x < picture.size.w; ++x, from += 3) {  // OpenCV's weights, in fifteen bits
      to[x] = static_cast<std::uint8_t>((from[0] * 9798 + from[1] * 19235 + from[2] * 3735 + (1 << 14)) >> 15);
    }
  }
  return light;
}

Plane refine_edges(const Plane& prob, ImageView photo, double radius, double threshold) {
  const Image light = brightness(photo);
  const int times = halvings(radius / kWindow), side = 1 << times;
  const Image small_bytes = halved(padded(light, side), times);
  const Size full = light.size(), small = small_bytes.size();
  Plane small_light(small);
  std::transform(small_bytes.values().begin(), small_bytes.values().end(), small_light.values().begin(),
                 [](std::uint8_t value) { return static_cast<float>(value) / 255.F; });
  Plane steep = resized(prob, small);
  const auto from = static_cast<float>(threshold), by = static_cast<float>(kSteepness);
  for (float& value : steep.values()) value = std::clamp(by * (value - from) + from, 0.F, 1.F);
  const int window = std::max(1, static_cast<int>(std::nearbyint(radius / side)));
  Lines fitted = lines(small_light, steep, window);
  for (float& value : fitted.slope.values()) value /= 255.F;

  Plane foreground(full);
  const Part part = part_of(steep, 2 * window + 1);
  const int bottom = std::min(part.bottom * side, full.h), left = part.left * side;
  const int right = std::min(part.right * side, full.w);
  const auto down = linear_taps(small.h, small.h * side);
  const auto across = linear_taps(part.right - part.left, (part.right - part.left) * side);
  const auto columns = static_cast<std::size_t>(part.right - part.left);
  std::vector<float> slopes(columns), offsets(columns);
  for (int y = part.top * side; y < bottom; ++y) {
    const Tap& tap = down[static_cast<std::size_t>(y)];
    const auto between = [&](const Plane& plane, std::vector<float>& row) {
      const float *above = plane.row(tap.left) + part.left, *below = plane.row(tap.right) + part.left;
      for (std::size_t x = 0; x < columns; ++x) row[x] = above[x] * (1 - tap.share) + below[x] * tap.share;
    };
    between(fitted.slope, slopes);
    between(fitted.offset, offsets);
    const std::uint8_t* lit = light.row(y) + left;
    float* out = foreground.row(y) + left;
    for (int x = left; x < right; ++x) {
      const Tap& beside = across[static_cast<std::size_t>(x - left)];
      const auto l = static_cast<std::size_t>(beside.left), r = static_cast<std::size_t>(beside.right);
      const float slope = slopes[l] * (1 - beside.share) + slopes[r] * beside.share;
      const float offset = offsets[l] * (1 - beside.share) + offsets[r] * beside.share;
      *out++ = std::clamp(static_cast<float>(*lit++) * slope + offset, 0.F, 1.F);
    }
  }
  return foreground;
}

}  // namespace segment
