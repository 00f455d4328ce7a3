// Resizing with the numbers of cv::resize, which is what networks were trained and measured with.
#pragma once

#include "arrays.h"

namespace segment {

enum class Interpolation { kNearest, kLinear, kCubic, kArea };

Image resized(ImageView picture, Size size, Interpolation interpolation);

// Bilinear, of probabilities.
Plane resized(const Plane& plane, Size size);

// A smaller plane; each value is the mean of those that it stands for (cv::INTER_AREA).
Plane shrunk(const Plane& plane, Size size);

// A map of class numbers: every pixel takes the number of the nearest one (cv::INTER_NEAREST_EXACT).
Image resized_classes(const Image& classes, Size size);

// How often something can be halved that may shrink by `share`.
int halvings(double share);

// A picture halved `times` times; each pixel is the mean of those that it stands for.
Image halved(Image picture, int times);

// Where the values of a bilinearly resized row come from: value = from[left] * (1 - share) + from[right] * share.
struct Tap {
  int left, right;
  float share;
};
std::vector<Tap> linear_taps(int from, int to);

}  // namespace segment
