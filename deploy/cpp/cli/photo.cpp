#include "photo.h"

#include <algorithm>
#include <iostream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "../core/error.h"
#include "head.h"

namespace segment {
namespace {

constexpr std::size_t kMostPixels = std::size_t{1} << 28;
constexpr int kMostSide = 65535;
constexpr double kFarthestDark = 1 << 14;  // a photo without any value from here on uses less than a quarter of 16 bits

// Mirrored for the even ones of 2 to 5 and 7, then in quarters.
void turn_upright(cv::Mat& picture, int turn) {
  if (turn == 2 || turn == 4 || turn == 5 || turn == 7) cv::flip(picture, picture, 1);
  if (turn == 3 || turn == 4) cv::rotate(picture, picture, cv::ROTATE_180);
  if (turn == 6 || turn == 7) cv::rotate(picture, picture, cv::ROTATE_90_CLOCKWISE);
  if (turn == 5 || turn == 8) cv::rotate(picture, picture, cv::ROTATE_90_COUNTERCLOCKWISE);
}

// Where the upper three quarters of 16 bits are empty, the largest value becomes white.
cv::Mat as_bytes(const cv::Mat& picture, const std::string& where) {
  if (picture.depth() == CV_8U) return picture;
  if (picture.depth() != CV_16U) {
    throw DataError(where, "holds values that are no bytes, and nothing says which of them is white",
                    "save it with 8 or 16 bits");
  }
  double largest = 0;
  cv::minMaxLoc(picture.reshape(1), nullptr, &largest);
  cv::Mat bytes;
  if (largest >= kFarthestDark) {
    bytes.create(picture.size(), CV_MAKETYPE(CV_8U, picture.channels()));
    for (int y = 0; y < picture.rows; ++y) {  // the high bytes, as they are
      const auto* from = picture.ptr<std::uint16_t>(y);
      std::transform(from, from + picture.cols * picture.channels(), bytes.ptr(y),
                     [](std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); });
    }
  } else if (largest < 256) {
    note(where, "has 16 bits but values of 8", "they are taken as they are");
    picture.convertTo(bytes, CV_8U);
  } else {
    note(where, "has 16 bits but is dark", "its largest value becomes white");
    cv::convertScaleAbs(picture, bytes, 255 / largest);
  }
  return bytes;
}

}  // namespace

void note(const std::string& where, const std::string& what, const std::string& consequence) {
  std::cerr << where << ": " << what << ": " << consequence << ".\n";
}

ImageView view(const cv::Mat& picture) {
  return {picture.data, {picture.rows, picture.cols}, picture.channels(), static_cast<std::ptrdiff_t>(picture.step)};
}

cv::Mat read_photo(const std::string& path, int channels, bool colors_matter) {
  const Bytes content = read_bytes(path);
  const Head head = read_head(content, path);
  if (!head.whole) throw DataError(path, "is truncated: its end is missing", "replace the file");
  if (head.stored.area() > kMostPixels || std::max(head.stored.h, head.stored.w) > kMostSide) {
    throw DataError(path,
                    "has " + std::to_string(head.stored.w) + " x " + std::to_string(head.stored.h) +
                        " pixels; no more than 268 million in all and 65535 a side are read",
                    "make it smaller, or cut it into tiles");
  }
  if (head.several && head.form == "WEBP") {
    throw DataError(path, "is an animation, which this program does not read", "save one of its pictures");
  }
  int flags = (channels == 3 ? cv::IMREAD_COLOR : cv::IMREAD_GRAYSCALE) | cv::IMREAD_IGNORE_ORIENTATION;
  if (head.bits > 8 || head.form == "TIFF") flags |= cv::IMREAD_ANYDEPTH;
  cv::Mat picture;
  try {
    picture = cv::imdecode(content, flags);
  } catch (const cv::Exception&) {
    picture.release();
  }
  if (!picture.empty() && head.form != "TIFF") turn_upright(picture, head.turn);  // OpenCV turns those by itself
  const Size upright = head.turn >= 5 ? Size{head.stored.w, head.stored.h} : head.stored;
  if (picture.empty() || Size{picture.rows, picture.cols} != upright) {
    throw DataError(path, "is not an image, or is broken", "replace the file, or take it out of the folder");
  }
  if (head.several) note(path, "holds several pictures", "only the first one is read");
  if (head.profile && colors_matter) {
    note(path, "has a colour profile", "its colours are taken for sRGB; `paddleseg predict` converts them");
  }
  picture = as_bytes(picture, path);
  if (channels == 3) cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  return picture;
}

}  // namespace segment
