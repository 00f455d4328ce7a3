#include "geometry.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "resize.h"

namespace segment {
namespace {

template <typename T>
Map<T> window(const Map<T>& values, int top, int left, Size size) {
  Map<T> part(size);
  for (int y = 0; y < size.h; ++y) std::copy_n(values.row(top + y) + left, size.w, part.row(y));
  return part;
}

}  // namespace

double Geometry::zoom() const { return std::sqrt(zoom_h_ * zoom_w_); }

bool Geometry::only_resizes() const {
  return std::none_of(steps_.begin(), steps_.end(), [](const Step& step) { return step.pads; });
}

void Geometry::resize(Size size) {
  steps_.push_back({size_, false, 0, 0});
  zoom_h_ *= static_cast<double>(size.h) / size_.h;
  zoom_w_ *= static_cast<double>(size.w) / size_.w;
  size_ = size;
}

void Geometry::pad(int top, int bottom, int left, int right) {
  steps_.push_back({size_, true, top, left});
  size_ = {size_.h + top + bottom, size_.w + left + right};
}

Plane Geometry::invert(Plane values) const {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    values = step->pads ? window(values, step->top, step->left, step->before) : resized(values, step->before);
  }
  return values;
}

Image Geometry::invert(Image classes) const {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    classes =
        step->pads ? window(classes, step->top, step->left, step->before) : resized_classes(classes, step->before);
  }
  return classes;
}

}  // namespace segment
