// Photos in files as RGB or grey, as paddleseg/images/io.py reads them.
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "../core/arrays.h"

namespace segment {

// A photo of bytes, RGB or with one channel grey, turned as its EXIF entry says. Transparency is dropped; 16 bits
// become 8. `colors_matter`: whether pictures for people are made of it; then a colour profile is worth a note. Raises
// Error: missing, truncated, not an image, or too large.
cv::Mat read_photo(const std::string& path, int channels, bool colors_matter);

// A line on standard error, of what was made of a file.
void note(const std::string& where, const std::string& what, const std::string& consequence);

ImageView view(const cv::Mat& picture);

}  // namespace segment
