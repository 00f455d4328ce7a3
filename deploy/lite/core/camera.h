// A camera's frame as it is given, and as it is meant to be seen: cropped, turned and mirrored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../../cpp/core/arrays.h"
#include "kernels.h"

namespace segment::lite {

enum class Pixels { kRgb, kRgba, kBgr, kBgra, kYuv };

// Memory that somebody else owns. NV21, NV12 and YUV_420_888 are kYuv: Y, U and V, however they are stored.
struct CameraFrame {
  struct Plane {
    const std::uint8_t* data = nullptr;
    std::ptrdiff_t row = 0;    // distance of two rows in bytes
    std::ptrdiff_t pixel = 0;  // and of two pixels
  };

  Pixels pixels = Pixels::kRgb;
  Size size;
  std::array<Plane, 3> planes;  // the first one alone, unless it is YUV
  YuvRange range = kFullRange;
  int top = 0, left = 0;  // what is cut out,
  Size crop;              // all where this is 0 by 0;
  int turn = 0;           // then turned clockwise: 0, 90, 180 or 270 degrees;
  bool mirrored = false;  // then mirrored, left for right
};

CameraFrame nv21(const std::uint8_t* data, Size size);

// Reads pixels of a frame as it is meant to be seen.
class Camera {
 public:
  // Raises Error: it is no frame.
  explicit Camera(const CameraFrame& frame, const Kernels& kernels = kFast);

  Size size() const { return size_; }

  // Of row `y` the pixels of some columns (of all where `columns` is null), as R, G and B.
  void read(int y, const int* columns, int count, std::uint8_t* r, std::uint8_t* g, std::uint8_t* b) const;

  Image rgb() const;

 private:
  // A row of the upright picture in a plane: its values lie in one of the frame's rows, or columns.
  struct Line {
    const std::uint8_t* start;
    std::ptrdiff_t step;
    int first, sign;
    int halved;  // 1 where two pixels share a value

    const std::uint8_t* at(int x) const { return start + ((first + sign * x) >> halved) * step; }
  };
  Line line(std::size_t plane, int y) const;

  CameraFrame frame_;
  const Kernels& kernels_;
  Size size_;
};

}  // namespace segment::lite
