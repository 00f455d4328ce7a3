// Edges of a mask moved onto the photo's own, as paddleseg/inference/edges.py does: a fast guided filter.
#pragma once

#include "arrays.h"

namespace segment {

// Brightness of a picture, 0 to 255.
Image brightness(ImageView picture);

// The foreground's probabilities at the photo's size, from `prob` at any size; `radius` is in pixels of the photo.
Plane refine_edges(const Plane& prob, ImageView photo, double radius, double threshold);

}  // namespace segment
