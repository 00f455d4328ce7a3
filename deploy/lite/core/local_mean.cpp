#include "local_mean.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "../../cpp/core/resize.h"

namespace segment::lite {
namespace {

constexpr double kRadius = 2.0;  // of the Gaussian on the small copy, at least
constexpr float kTiny = 1e-3F, kSure = 20;
constexpr std::size_t kParts = 4;  // three colours and how much they count

int mirrored(int at, int length) {
  if (length == 1) return 0;
  while (at < 0 || at >= length) at = at < 0 ? -at : 2 * length - 2 - at;
  return at;
}

// One half of a Gaussian and its middle, as OpenCV has it for floats.
std::vector<float> gaussian(double radius) {
  const int reach = (static_cast<int>(std::lrint(radius * 8 + 1)) | 1) / 2;
  std::vector<double> weights;
  double sum = 0;
  for (int i = 0; i <= reach; ++i) {
    weights.push_back(std::exp(-i * i / (2 * radius * radius)));
    sum += weights.back() * (i == 0 ? 1 : 2);
  }
  std::vector<float> found;
  for (const double weight : weights) found.push_back(static_cast<float>(weight / sum));
  return found;
}

// to += weight * from, and of two rows at once.
void add(const float* a, const float* b, float weight, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += weight * (a[i] + b[i]);
}

Map<float> blurred(const Map<float>& values, double radius) {
  const auto weights = gaussian(radius);
  const int reach = static_cast<int>(weights.size()) - 1;
  const Size size = values.size();
  const auto wide = static_cast<std::size_t>(size.w) * kParts;
  const auto margin = static_cast<std::size_t>(reach) * kParts;
  Map<float> rows(size, kParts), result(size, kParts);
  std::vector<float> padded(wide + 2 * margin);
  for (int y = 0; y < size.h; ++y) {
    for (int x = -reach; x < size.w + reach; ++x) {
      const float* from = values.row(y) + mirrored(x, size.w) * static_cast<int>(kParts);
      std::copy_n(from, kParts, padded.begin() + (x + reach) * static_cast<int>(kParts));
    }
    const float* middle = padded.data() + margin;
    for (std::size_t i = 0; i < wide; ++i) rows.row(y)[i] = weights[0] * middle[i];
    for (std::size_t i = 1; i < weights.size(); ++i) {
      add(middle - i * kParts, middle + i * kParts, weights[i], wide, rows.row(y));
    }
  }
  for (int y = 0; y < size.h; ++y) {
    for (std::size_t i = 0; i < wide; ++i) result.row(y)[i] = weights[0] * rows.row(y)[i];
    for (int i = 1; i <= reach; ++i) {
      add(rows.row(mirrored(y - i, size.h)), rows.row(mirrored(y + i, size.h)), weights[static_cast<std::size_t>(i)],
          wide, result.row(y));
    }
  }
  return result;
}

// Sums of a window that slides along `length` values, `step` apart; divided by how many it holds.
void slide(const float* from, int length, std::ptrdiff_t step, float* to) {
  const int reach = length / 2;
  double sum = 0;
  for (int at = -reach; at <= reach; ++at) sum += from[mirrored(at, length) * step];
  for (int i = 0; i < length; ++i) {
    to[i * step] = static_cast<float>(sum / (2 * reach + 1));
    sum += static_cast<double>(from[mirrored(i + reach + 1, length) * step]) - from[mirrored(i - reach, length) * step];
  }
}

// The mean of windows as large as all.
Map<float> widest(const Map<float>& values) {
  const Size size = values.size();
  Map<float> rows(size, kParts), result(size, kParts);
  const std::ptrdiff_t wide = static_cast<std::ptrdiff_t>(size.w) * static_cast<std::ptrdiff_t>(kParts);
  for (int y = 0; y < size.h; ++y) {
    for (std::size_t c = 0; c < kParts; ++c) slide(values.row(y) + c, size.w, kParts, rows.row(y) + c);
  }
  for (std::ptrdiff_t x = 0; x < wide; ++x) slide(rows.data() + x, size.h, wide, result.data() + x);
  return result;
}

}  // namespace

Shrunk::Shrunk(ImageView whole, const Image& opaque, double wanted) : full(whole.size) {
  const int times = halvings(wanted / kRadius);
  radius = std::max(wanted / std::pow(2.0, times), 0.5);
  if (times > 0) {
    const Size half{std::max(full.h / 2, 1), std::max(full.w / 2, 1)};
    photo = halved(resized(whole, half, Interpolation::kArea), times - 1);
  } else {
    photo = Image(full, 3);
    for (int y = 0; y < full.h; ++y) std::copy_n(whole.row(y), full.w * 3, photo.row(y));
  }
  opacity = halved(opaque, times);
}

LocalMean::LocalMean(const Shrunk& shrunk, bool of_foreground) : full_(shrunk.full), small_(shrunk.photo.size(), 3) {
  Map<float> weighted(small_.size(), kParts);
  for (std::size_t i = 0; i < shrunk.opacity.values().size(); ++i) {
    const float scale = static_cast<float>(shrunk.opacity.values()[i]) * (kSure / 255);
    const float share = std::clamp(of_foreground ? scale + (1 - kSure) : 1 - scale, 0.F, 1.F);
    for (std::size_t c = 0; c < 3; ++c) {
      weighted.values()[kParts * i + c] = static_cast<float>(shrunk.photo.values()[3 * i + c]) * share;
    }
    weighted.values()[kParts * i + 3] = share;
  }
  const Map<float> near = blurred(weighted, shrunk.radius), far = widest(weighted);
  for (std::size_t i = 0; i < shrunk.opacity.values().size(); ++i) {
    std::array<float, kParts> total{};
    for (std::size_t c = 0; c < kParts; ++c) {
      total[c] = near.values()[kParts * i + c] + kTiny * far.values()[kParts * i + c];
    }
    for (std::size_t c = 0; c < 3; ++c) small_.values()[3 * i + c] = total[c] / std::max(total[3], 1e-8F);
  }
}

Image LocalMean::picture() const {
  Image small(small_.size(), 3);
  std::transform(small_.values().begin(), small_.values().end(), small.values().begin(),
                 [](float value) { return static_cast<std::uint8_t>(std::clamp(std::lrint(value), 0L, 255L)); });
  return resized(view(small), full_, Interpolation::kLinear);
}

void LocalMean::at(int y, int x, float* colour) const {
  const Size small = small_.size();
  const auto place = [](int at, int part, int whole) {
    return (static_cast<float>(at) + 0.5F) * static_cast<float>(static_cast<double>(part) / whole) - 0.5F;
  };
  const float down = place(y, small.h, full_.h), across = place(x, small.w, full_.w);
  const float top = std::floor(down), left = std::floor(across);
  const auto inside = [](float at, int length) { return std::clamp(static_cast<int>(at), 0, length - 1); };
  const float *above = small_.row(inside(top, small.h)), *below = small_.row(inside(top + 1, small.h));
  const int l = 3 * inside(left, small.w), r = 3 * inside(left + 1, small.w);
  const float v = down - top, u = across - left;
  for (int c = 0; c < 3; ++c) {
    colour[c] = (above[l + c] * (1 - u) + above[r + c] * u) * (1 - v) + (below[l + c] * (1 - u) + below[r + c] * u) * v;
  }
}

}  // namespace segment::lite
