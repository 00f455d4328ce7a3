#include "compositing.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "../../cpp/core/error.h"
#include "../../cpp/core/resize.h"
#include "local_mean.h"

namespace segment::lite {
namespace {

constexpr double kBlurShare = 0.06;  // radius of the strongest blur, of the longer side
constexpr double kEdgeShare = 0.02;  // and of the estimate of the foreground's colour

Image copied(ImageView photo) {
  Image picture(photo.size, 3);
  for (int y = 0; y < photo.size.h; ++y) std::copy_n(photo.row(y), photo.size.w * 3, picture.row(y));
  return picture;
}

// What colour the foreground has where it is mixed with the background.
Image unmixed(ImageView photo, const Image& opacity) {
  Image picture = copied(photo);
  std::optional<LocalMean> fronts, backs;
  for (int y = 0; y < photo.size.h; ++y) {
    const std::uint8_t* shares = opacity.row(y);
    for (int x = 0; x < photo.size.w; ++x) {
      if (shares[x] == 0 || shares[x] == 255) continue;
      if (!fronts) {
        const Shrunk shrunk(photo, opacity, std::max(photo.size.h, photo.size.w) * kEdgeShare);
        fronts.emplace(shrunk, true);
        backs.emplace(shrunk, false);
      }
      const float share = static_cast<float>(shares[x]) / 255;
      std::array<float, 3> front{}, back{};
      fronts->at(y, x, front.data());
      backs->at(y, x, back.data());
      std::uint8_t* colour = picture.row(y) + 3 * x;
      for (std::size_t c = 0; c < 3; ++c) {
        const float left = static_cast<float>(colour[c]) - share * front[c] - (1 - share) * back[c];
        colour[c] = static_cast<std::uint8_t>(std::clamp(std::lrint(front[c] + share * left), 0L, 255L));
      }
    }
  }
  return picture;
}

// Enlarged or shrunk until it covers the size without distortion; the middle of it.
Image cover(const Image& picture, Size size) {
  const Size from = picture.size();
  const double scale = std::max(static_cast<double>(size.h) / from.h, static_cast<double>(size.w) / from.w);
  const auto side = [scale](int length, int least) {
    return std::max(static_cast<int>(std::nearbyint(length * scale)), least);
  };
  const Size full{side(from.h, size.h), side(from.w, size.w)};
  const Image large = resized(view(picture), full, full.h < from.h ? Interpolation::kArea : Interpolation::kLinear);
  const int top = (full.h - size.h) / 2, left = (full.w - size.w) / 2;
  Image middle(size, 3);
  for (int y = 0; y < size.h; ++y) std::copy_n(large.row(top + y) + 3 * left, 3 * size.w, middle.row(y));
  return middle;
}

}  // namespace

Background Background::blur(double strength) {
  if (!(strength > 0 && strength <= 1)) throw Error("blur", "has a strength above 0, up to 1", "such as 0.5");
  Background made;
  made.blur_ = strength;
  return made;
}

Background Background::colour(std::array<std::uint8_t, 3> rgb) {
  Image pixel({1, 1}, 3);
  std::copy(rgb.begin(), rgb.end(), pixel.values().begin());
  return picture(std::move(pixel));
}

Background Background::picture(Image rgb) {
  Background made;
  made.picture_ = std::move(rgb);
  return made;
}

Image Background::behind(ImageView photo, const Image& opacity) {
  if (blur_ > 0) {
    return LocalMean(Shrunk(photo, opacity, std::max(photo.size.h, photo.size.w) * kBlurShare * blur_), false)
        .picture();
  }
  if (fitted_.size() != photo.size) fitted_ = cover(picture_, photo.size);
  return fitted_;
}

Image Background::operator()(ImageView photo, const Image& opacity, const Kernels& kernels) {
  Image picture = behind(photo, opacity);
  const auto blend = [&](ImageView front) {
    for (int y = 0; y < photo.size.h; ++y) kernels.blend(front.row(y), opacity.row(y), photo.size.w, picture.row(y));
  };
  if (blur_ > 0) {
    blend(photo);  // the new background looks like the old one: its colour may stay in the edge
  } else {
    const Image front = unmixed(photo, opacity);
    blend(view(front));
  }
  return picture;
}

Image cutout(ImageView photo, const Image& opacity) {
  const Image front = unmixed(photo, opacity);
  Image result(photo.size, 4);
  for (std::size_t i = 0; i < opacity.values().size(); ++i) {
    std::copy_n(front.values().begin() + static_cast<std::ptrdiff_t>(3 * i), 3,
                result.values().begin() + static_cast<std::ptrdiff_t>(4 * i));
    result.values()[4 * i + 3] = opacity.values()[i];
  }
  return result;
}

}  // namespace segment::lite
