#include "smoothing.h"

#include <algorithm>
#include <cmath>

#include "../../cpp/core/resize.h"

namespace segment::lite {
namespace {

constexpr Size kThumbnail{18, 32};
constexpr double kAlike = 0.6;  // correlation below which two thumbnails show different scenes

double product(const Plane& a, const Plane& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values().size(); ++i) sum += static_cast<double>(a.values()[i]) * b.values()[i];
  return sum;
}

}  // namespace

void Adaptive::operator()(Planes& values) {
  if (before_.size() != values.size() || before_.front().size() != values.front().size()) {
    before_ = values;
    return;
  }
  const auto count = values.front().values().size();
  if (values.size() == 1) {
    kernels_.settle(values.front().data(), static_cast<int>(count), still_, high_, before_.front().data());
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      float share = 0;
      for (std::size_t c = 0; c < values.size(); ++c) {
        share = std::max(share, std::abs(values[c].values()[i] - before_[c].values()[i]));
      }
      share = std::min(share / high_, 1.F);
      share = share * (share * (3 - 2 * share)) * (1 - still_) + still_;
      for (std::size_t c = 0; c < values.size(); ++c) {
        float& before = before_[c].values()[i];
        before = before + share * (values[c].values()[i] - before);
      }
    }
  }
  values = before_;
}

bool Scenes::begins(const Plane& view) {
  const bool large = view.size().h >= kThumbnail.h && view.size().w >= kThumbnail.w;
  Plane small = large ? shrunk(view, kThumbnail) : resized(view, kThumbnail);
  double sum = 0;
  for (const float value : small.values()) sum += value;
  const auto mean = static_cast<float>(sum / static_cast<double>(small.values().size()));
  for (float& value : small.values()) value -= mean;
  const bool first = before_.empty();
  std::swap(before_, small);
  if (first) return true;
  const double spread = std::sqrt(product(before_, before_) * product(small, small));
  return spread > 1e-6 && product(before_, small) < kAlike * spread;
}

}  // namespace segment::lite
