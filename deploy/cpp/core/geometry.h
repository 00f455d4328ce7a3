// What resizing and padding did to a picture, and the way back.
#pragma once

#include <vector>

#include "arrays.h"

namespace segment {

class Geometry {
 public:
  explicit Geometry(Size original) : original_(original), size_(original) {}

  Size original() const { return original_; }
  Size size() const { return size_; }
  // How many pixels of the current picture one of the original has become, by the side.
  double zoom() const;
  // Whether a resized map of the current size fits the original picture.
  bool only_resizes() const;

  void resize(Size size);
  void pad(int top, int bottom, int left, int right);

  // Bring a map of the current size back to the original picture: probabilities bilinearly, classes by the nearest.
  Plane invert(Plane values) const;
  Image invert(Image classes) const;

 private:
  struct Step {
    Size before;
    bool pads;
    int top, left;
  };

  Size original_, size_;
  double zoom_h_ = 1, zoom_w_ = 1;
  std::vector<Step> steps_;
};

}  // namespace segment
