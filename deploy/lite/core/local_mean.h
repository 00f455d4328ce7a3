// The mean colour around each pixel, of those that count; with the numbers of paddleseg/images/local_mean.py.
#pragma once

#include "../../cpp/core/arrays.h"

namespace segment::lite {

// A photo and its opacity, as small as a Gaussian of `radius` pixels allows.
struct Shrunk {
  Shrunk(ImageView photo, const Image& opacity, double radius);

  Size full;
  double radius;
  Image photo, opacity;
};

class LocalMean {
 public:
  LocalMean(const Shrunk& shrunk, bool of_foreground);

  // All of the photo's size.
  Image picture() const;
  // That of one pixel, as `picture` has it: three floats.
  void at(int y, int x, float* colour) const;

 private:
  Size full_;
  Map<float> small_;
};

}  // namespace segment::lite
