// Pictures made of a photo and its mask, with the numbers of paddleseg/images.
#pragma once

#include <opencv2/core.hpp>

#include "../core/card.h"

namespace segment {

// 256 colours, one a row: the card's first, the rest of the PASCAL VOC scheme; RGB.
cv::Mat palette_of(const Card& card);

// The photo (RGB) with its foreground tinted and outlined.
cv::Mat overlay(const cv::Mat& photo, const cv::Mat& mask, const cv::Mat& palette);

// The foreground with transparency, RGBA; the old background's colour is taken out of the edge.
cv::Mat cutout(const cv::Mat& photo, const cv::Mat& opacity);

}  // namespace segment
