// People before another background, and cut out; with the numbers of paddleseg/images: compositing.py, backgrounds.py.
#pragma once

#include <array>

#include "../../cpp/core/arrays.h"
#include "kernels.h"

namespace segment::lite {

// What stands behind people.
class Background {
 public:
  // The photo itself, out of focus; `strength` is above 0, up to 1. Raises Error otherwise.
  static Background blur(double strength);
  static Background colour(std::array<std::uint8_t, 3> rgb);
  // A picture, RGB, that fills the frame with its middle.
  static Background picture(Image rgb);

  // The photo's people before it, RGB.
  Image operator()(ImageView photo, const Image& opacity, const Kernels& kernels = kFast);

 private:
  Image behind(ImageView photo, const Image& opacity);

  double blur_ = 0;  // 0: a picture
  Image picture_, fitted_;
};

// RGBA; the old background's colour is taken out of the edge.
Image cutout(ImageView photo, const Image& opacity);

}  // namespace segment::lite
