// Pictures and maps in memory: rows from the top, values of a pixel side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace segment {

struct Size {
  int h = 0;
  int w = 0;

  bool operator==(Size other) const { return h == other.h && w == other.w; }
  bool operator!=(Size other) const { return !(*this == other); }
  std::size_t area() const { return static_cast<std::size_t>(h) * static_cast<std::size_t>(w); }
};

// A picture that somebody else owns: RGB or grey, 0 to 255. `stride` is the distance of two rows in bytes.
struct ImageView {
  const std::uint8_t* data = nullptr;
  Size size;
  int channels = 3;
  std::ptrdiff_t stride = 0;

  const std::uint8_t* row(int y) const { return data + y * stride; }
};

template <typename T>
class Map {
 public:
  Map() = default;
  explicit Map(Size size, int channels = 1, T value = T{})
      : size_(size), channels_(channels), values_(size.area() * static_cast<std::size_t>(channels), value) {}

  Size size() const { return size_; }
  int channels() const { return channels_; }
  bool empty() const { return values_.empty(); }
  T* row(int y) { return values_.data() + static_cast<std::size_t>(y) * length(); }
  const T* row(int y) const { return values_.data() + static_cast<std::size_t>(y) * length(); }
  std::vector<T>& values() { return values_; }
  const std::vector<T>& values() const { return values_; }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }

 private:
  std::size_t length() const { return static_cast<std::size_t>(size_.w) * static_cast<std::size_t>(channels_); }

  Size size_;
  int channels_ = 1;
  std::vector<T> values_;
};

using Image = Map<std::uint8_t>;
using Plane = Map<float>;

inline ImageView view(const Image& image) {
  return {image.data(), image.size(), image.channels(), static_cast<std::ptrdiff_t>(image.size().w) * image.channels()};
}

}  // namespace segment
