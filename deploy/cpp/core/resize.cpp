#include "resize.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace segment {
namespace {

constexpr int kBits = 11;  // of the weights of bytes, as OpenCV has them
constexpr int kOne = 1 << kBits;

std::uint8_t to_byte(long value) { return static_cast<std::uint8_t>(std::clamp(value, 0L, 255L)); }

// Up to four neighbours of a value and their weights, which sum up to 2048.
struct Taps {
  std::array<int, 4> from{};
  std::array<int, 4> weights{};
};

int weight(float share) { return static_cast<int>(std::lrint(share * kOne)); }

Taps cubic(double place, int from) {
  constexpr float a = -0.75F;
  const int first = static_cast<int>(std::floor(place));
  const float x = static_cast<float>(place) - static_cast<float>(first);
  std::array<float, 4> shares{};
  shares[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
  shares[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
  shares[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
  shares[3] = 1.F - shares[0] - shares[1] - shares[2];
  Taps taps;
  for (int i = 0; i < 4; ++i) {
    const auto at = static_cast<std::size_t>(i);
    taps.from[at] = std::clamp(first - 1 + i, 0, from - 1);
    taps.weights[at] = weight(shares[at]);
  }
  return taps;
}

// Of OpenCV's "area" where it enlarges: every new pixel lies in one old one, or across the border of two.
Tap area_tap(int index, int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const int first = static_cast<int>(std::floor(index * scale));
  const auto share = static_cast<float>((index + 1) - (first + 1) * (static_cast<double>(to) / from));
  const float inside = share <= 0 ? 0.F : share - std::floor(share);
  return {std::min(first, from - 1), std::min(first + 1, from - 1), inside};
}

// OpenCV rounds at the upper and lower border as elsewhere, and copies at the left and right one.
std::vector<Taps> byte_taps(int from, int to, Interpolation interpolation, bool across) {
  std::vector<Taps> all;
  if (interpolation == Interpolation::kCubic) {
    for (int i = 0; i < to; ++i) {
      all.push_back(cubic(static_cast<float>((i + 0.5) * (static_cast<double>(from) / to) - 0.5), from));
    }
    return all;
  }
  std::vector<Tap> taps = linear_taps(from, to);
  for (int i = 0; i < to; ++i) {
    Tap tap = interpolation == Interpolation::kArea ? area_tap(i, from, to) : taps[static_cast<std::size_t>(i)];
    if (across && tap.left == tap.right) tap.share = 0;
    Taps two;
    two.from = {tap.left, tap.right, 0, 0};
    two.weights = {weight(1 - tap.share), weight(tap.share), 0, 0};
    all.push_back(two);
  }
  return all;
}

// One row of the picture, resized sideways; 11 bits finer than bytes.
void resize_row(const std::uint8_t* from, int channels, const std::vector<Taps>& taps, std::size_t count, int* to) {
  for (const Taps& tap : taps) {
    for (int c = 0; c < channels; ++c) {
      int sum = 0;
      for (std::size_t i = 0; i < count; ++i) {
        sum += from[tap.from[i] * channels + c] * tap.weights[i];
      }
      *to++ = sum;
    }
  }
}

Image by_taps(ImageView picture, Size size, Interpolation interpolation) {
  const std::size_t count = interpolation == Interpolation::kCubic ? 4 : 2;
  const auto across = byte_taps(picture.size.w, size.w, interpolation, true);
  const auto down = byte_taps(picture.size.h, size.h, interpolation, false);
  const std::size_t length = static_cast<std::size_t>(size.w) * static_cast<std::size_t>(picture.channels);
  std::array<std::vector<int>, 4> rows;
  std::array<int, 4> held{-1, -1, -1, -1};  // which rows of the picture `rows` are of
  for (auto& row : rows) row.resize(length);
  Image result(size, picture.channels);
  for (int y = 0; y < size.h; ++y) {
    const Taps& tap = down[static_cast<std::size_t>(y)];
    std::array<const int*, 4> lines{};
    for (std::size_t i = 0; i < count; ++i) {
      const auto slot = static_cast<std::size_t>(tap.from[i]) % count;
      if (held[slot] != tap.from[i]) {
        resize_row(picture.row(tap.from[i]), picture.channels, across, count, rows[slot].data());
        held[slot] = tap.from[i];
      }
      lines[i] = rows[slot].data();
    }
    std::uint8_t* out = result.row(y);
    const auto& w = tap.weights;
    for (std::size_t x = 0; x < length; ++x) {
      if (count == 2) {  // OpenCV's own rounding
        const int sum = ((w[0] * (lines[0][x] >> 4)) >> 16) + ((w[1] * (lines[1][x] >> 4)) >> 16);
        out[x] = to_byte((sum + 2) >> 2);
      } else {
        float sum = 0;
        for (std::size_t i = count; i-- > 0;) {
          sum = static_cast<float>(lines[i][x]) * (static_cast<float>(w[i]) / (kOne * kOne)) + sum;
        }
        out[x] = to_byte(std::lrint(sum));
      }
    }
  }
  return result;
}

Image by_nearest(ImageView picture, Size size) {
  Image result(size, picture.channels);
  const double down = static_cast<double>(picture.size.h) / size.h,
               across = static_cast<double>(picture.size.w) / size.w;
  for (int y = 0; y < size.h; ++y) {
    const std::uint8_t* from = picture.row(std::min(static_cast<int>(y * down), picture.size.h - 1));
    std::uint8_t* out = result.row(y);
    for (int x = 0; x < size.w; ++x) {
      const int at = std::min(static_cast<int>(x * across), picture.size.w - 1);
      out = std::copy_n(from + at * picture.channels, picture.channels, out);
    }
  }
  return result;
}

// The pixels that a smaller picture's pixel stands for, and how much each of them counts.
struct Share {
  int from;
  float weight;
};

std::vector<std::vector<Share>> area_shares(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  std::vector<std::vector<Share>> all(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double begin = i * scale, end = begin + scale;
    const double width = std::min(scale, from - begin);
    int first = static_cast<int>(std::ceil(begin)), last = std::min(static_cast<int>(std::floor(end)), from - 1);
    first = std::min(first, last);
    auto& shares = all[static_cast<std::size_t>(i)];
    if (first - begin > 1e-3) shares.push_back({first - 1, static_cast<float>((first - begin) / width)});
    for (int at = first; at < last; ++at) shares.push_back({at, static_cast<float>(1 / width)});
    if (end - last > 1e-3) {
      shares.push_back({last, static_cast<float>(std::min(std::min(end - last, 1.0), width) / width)});
    }
  }
  return all;
}

// `row_of` gives rows of `size.w * channels` values.
template <typename RowOf>
Plane means(RowOf row_of, Size from, int channels, Size size) {
  const auto across = area_shares(from.w, size.w);
  const auto down = area_shares(from.h, size.h);
  Plane result(size, channels);
  for (int y = 0; y < size.h; ++y) {
    for (const Share& line : down[static_cast<std::size_t>(y)]) {
      const auto* values = row_of(line.from);
      float* sum = result.row(y);
      for (const auto& shares : across) {
        for (int c = 0; c < channels; ++c) {
          float mean = 0;
          for (const Share& share : shares) mean += values[share.from * channels + c] * share.weight;
          *sum++ += mean * line.weight;
        }
      }
    }
  }
  return result;
}

Image by_area(ImageView picture, Size size) {
  const Plane sums = means([&](int y) { return picture.row(y); }, picture.size, picture.channels, size);
  Image result(size, picture.channels);
  std::transform(sums.values().begin(), sums.values().end(), result.values().begin(),
                 [](float sum) { return to_byte(std::lrint(sum)); });
  return result;
}

Image by_two(ImageView picture) {
  const int channels = picture.channels;
  Image result({picture.size.h / 2, picture.size.w / 2}, channels);
  for (int y = 0; y < result.size().h; ++y) {
    const std::uint8_t *above = picture.row(2 * y), *below = picture.row(2 * y + 1);
    std::uint8_t* out = result.row(y);
    for (int x = 0; x < result.size().w; ++x) {
      for (int c = 0; c < channels; ++c) {
        const int at = 2 * x * channels + c;
        *out++ =
            static_cast<std::uint8_t>((above[at] + above[at + channels] + below[at] + below[at + channels] + 2) >> 2);
      }
    }
  }
  return result;
}

}  // namespace

std::vector<Tap> linear_taps(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  std::vector<Tap> taps;
  taps.reserve(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const auto place = static_cast<float>((i + 0.5) * scale - 0.5);
    const int left = static_cast<int>(std::floor(place));
    taps.push_back(
        {std::clamp(left, 0, from - 1), std::clamp(left + 1, 0, from - 1), place - static_cast<float>(left)});
  }
  return taps;
}

Image resized(ImageView picture, Size size, Interpolation interpolation) {
  if (interpolation == Interpolation::kNearest) return by_nearest(picture, size);
  const bool by_half = picture.size.h == 2 * size.h && picture.size.w == 2 * size.w;
  const bool area = interpolation == Interpolation::kArea && size.h <= picture.size.h && size.w <= picture.size.w;
  if (by_half && (area || interpolation == Interpolation::kLinear)) return by_two(picture);  // as OpenCV does
  return area ? by_area(picture, size) : by_taps(picture, size, interpolation);
}

Plane resized(const Plane& plane, Size size) {
  if (plane.size() == size) return plane;
  const auto across = linear_taps(plane.size().w, size.w), down = linear_taps(plane.size().h, size.h);
  std::array<std::vector<float>, 2> rows{std::vector<float>(static_cast<std::size_t>(size.w)),
                                         std::vector<float>(static_cast<std::size_t>(size.w))};
  std::array<int, 2> held{-1, -1};
  const auto row = [&](int y) {
    const auto slot = static_cast<std::size_t>(y % 2);
    if (held[slot] != y) {
      const float* from = plane.row(y);
      std::transform(across.begin(), across.end(), rows[slot].begin(),
                     [from](const Tap& tap) { return from[tap.left] * (1 - tap.share) + from[tap.right] * tap.share; });
      held[slot] = y;
    }
    return rows[slot].data();
  };
  Plane result(size);
  for (int y = 0; y < size.h; ++y) {
    const Tap& tap = down[static_cast<std::size_t>(y)];
    const float *above = row(tap.left), *below = row(tap.right);
    float* out = result.row(y);
    for (int x = 0; x < size.w; ++x) out[x] = above[x] * (1 - tap.share) + below[x] * tap.share;
  }
  return result;
}

Plane shrunk(const Plane& plane, Size size) {
  return means([&](int y) { return plane.row(y); }, plane.size(), 1, size);
}

Image resized_classes(const Image& classes, Size size) {
  if (classes.size() == size) return classes;
  const auto places = [](int from, int to) {  // in sixteen bits, so that every processor rounds alike
    const std::int64_t step = ((static_cast<std::int64_t>(from) << 16) + to / 2) / to;
    const std::int64_t start = step / 2 - from % 2;
    std::vector<int> found;
    for (int i = 0; i < to; ++i) found.push_back(std::clamp(static_cast<int>((step * i + start) >> 16), 0, from - 1));
    return found;
  };
  const auto across = places(classes.size().w, size.w), down = places(classes.size().h, size.h);
  Image result(size);
  for (int y = 0; y < size.h; ++y) {
    const std::uint8_t* from = classes.row(down[static_cast<std::size_t>(y)]);
    std::transform(across.begin(), across.end(), result.row(y), [from](int x) { return from[x]; });
  }
  return result;
}

int halvings(double share) { return share > 1 ? std::max(static_cast<int>(std::log2(share)), 0) : 0; }

Image halved(Image picture, int times) {
  for (int i = 0; i < times; ++i) {
    const Size size{std::max(picture.size().h / 2, 1), std::max(picture.size().w / 2, 1)};
    picture = resized(view(picture), size, Interpolation::kArea);
  }
  return picture;
}

}  // namespace segment
