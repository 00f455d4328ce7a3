// Edges of a mask moved onto the photo's own, as paddleseg/inference/edges.py does: a fast guided filter.
#pragma once

#include "arrays.h"

namespace segment {

// Brightness of a picture, 0 to 255.
Image brightness(ImageView picture);

// `foreground` holds the probabilities at the photo's size, and is overwritten; `radius` is in pixels of the photo.
void refine_edges(Plane& foreground, ImageView photo, double radius, double threshold);

}  // namespace segment
