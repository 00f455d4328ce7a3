#include "camera.h"

#include <algorithm>
#include <vector>

#include "../../cpp/core/error.h"

namespace segment::lite {
namespace {

constexpr int kLongestSide = 32767;
constexpr int kPart = 512;  // columns that are read at once

void check(const CameraFrame& frame) {
  const auto refuse = [](const char* what, const char* hint) { throw Error("frame", what, hint); };
  const Size size = frame.size;
  if (size.h < 1 || size.w < 1 || std::max(size.h, size.w) > kLongestSide) {
    refuse("should have sides of 1 to 32767 pixels", "give its width and height");
  }
  const int least = frame.pixels == Pixels::kYuv                                   ? 1
                    : frame.pixels == Pixels::kRgb || frame.pixels == Pixels::kBgr ? 3
                                                                                   : 4;
  for (std::size_t i = 0; i < (frame.pixels == Pixels::kYuv ? 3U : 1U); ++i) {
    const auto& plane = frame.planes[i];
    const int width = i == 0 ? size.w : (size.w + 1) / 2;
    if (plane.data == nullptr) refuse("lacks a plane", "give its address");
    if (plane.pixel < least || plane.row < (width - 1) * plane.pixel + least) {
      refuse("has rows or pixels that overlap", "give the distances of rows and pixels in bytes");
    }
  }
  if (frame.turn % 90 != 0 || frame.turn < 0 || frame.turn > 270)
    refuse("should be turned by 0, 90, 180 or 270 degrees", "");
  if (frame.crop.h < 1 || frame.crop.w < 1 || frame.top < 0 || frame.left < 0 || frame.crop.h > size.h - frame.top ||
      frame.crop.w > size.w - frame.left) {
    refuse("has a crop that leaves it", "keep the crop within the frame");
  }
}

}  // namespace

CameraFrame nv21(const std::uint8_t* data, Size size) {
  CameraFrame frame;
  frame.pixels = Pixels::kYuv;
  frame.size = size;
  const std::ptrdiff_t wide = size.w, half = (wide + 1) / 2 * 2;
  const std::uint8_t* colours = data + wide * size.h;
  frame.planes = {{{data, wide, 1}, {colours + 1, half, 2}, {colours, half, 2}}};
  return frame;
}

Camera::Camera(const CameraFrame& frame, const Kernels& kernels) : frame_(frame), kernels_(kernels) {
  if (frame_.crop.h == 0 && frame_.crop.w == 0 && frame_.top == 0 && frame_.left == 0) frame_.crop = frame_.size;
  check(frame_);
  const bool sideways = frame_.turn % 180 != 0;
  size_ = sideways ? Size{frame_.crop.w, frame_.crop.h} : frame_.crop;
}

Camera::Line Camera::line(std::size_t plane, int y) const {
  const auto& from = frame_.planes[plane];
  const int halved = plane == 0 ? 0 : 1, turn = frame_.turn;
  const bool sideways = turn % 180 != 0;
  const bool upwards = turn == 180 || turn == 270, backwards = (turn == 90 || turn == 180) != frame_.mirrored;
  const int across = upwards ? size_.h - 1 - y : y, last = size_.w - 1;
  const int line = (sideways ? frame_.left : frame_.top) + across;
  const int first = (sideways ? frame_.top : frame_.left) + (backwards ? last : 0);
  return {from.data + (line >> halved) * (sideways ? from.pixel : from.row), sideways ? from.row : from.pixel, first,
          backwards ? -1 : 1, halved};
}

void Camera::read(int y, const int* columns, int count, std::uint8_t* r, std::uint8_t* g, std::uint8_t* b) const {
  std::array<int, kPart> every{};
  std::array<std::uint8_t, kPart> light{}, blue{}, red{};
  const Line row = line(0, y);
  for (int start = 0; start < count; start += kPart) {
    const int part = std::min(kPart, count - start);
    const int* at = columns == nullptr ? every.data() : columns + start;
    if (columns == nullptr) {
      for (int i = 0; i < part; ++i) every[static_cast<std::size_t>(i)] = start + i;
    }
    if (frame_.pixels == Pixels::kYuv) {
      const Line u = line(1, y), v = line(2, y);
      for (int i = 0; i < part; ++i) {
        const auto to = static_cast<std::size_t>(i);
        light[to] = *row.at(at[i]);
        blue[to] = *u.at(at[i]);
        red[to] = *v.at(at[i]);
      }
      kernels_.to_rgb(light.data(), blue.data(), red.data(), part, frame_.range, r + start, g + start, b + start);
      continue;
    }
    const bool swapped = frame_.pixels == Pixels::kBgr || frame_.pixels == Pixels::kBgra;
    const int first = swapped ? 2 : 0;
    for (int i = 0; i < part; ++i) {
      const std::uint8_t* pixel = row.at(at[i]);
      r[start + i] = pixel[first];
      g[start + i] = pixel[1];
      b[start + i] = pixel[2 - first];
    }
  }
}

Image Camera::rgb() const {
  Image picture(size_, 3);
  const auto wide = static_cast<std::size_t>(size_.w);
  std::vector<std::uint8_t> r(wide), g(wide), b(wide);
  for (int y = 0; y < size_.h; ++y) {
    read(y, nullptr, size_.w, r.data(), g.data(), b.data());
    kernels_.interleave(r.data(), g.data(), b.data(), size_.w, picture.row(y));
  }
  return picture;
}

}  // namespace segment::lite
