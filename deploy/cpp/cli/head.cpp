#include "head.h"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "../core/error.h"

namespace segment {
namespace {

constexpr int kMostParts = 1 << 18;  // files made of empty parts would keep a reader busy for long
constexpr std::uint64_t kOrientation = 0x0112, kWidth = 256, kHeight = 257, kBits = 258;

// A part of a file; reading beyond its end throws std::out_of_range.
class Part {
 public:
  Part(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::size_t size() const { return size_; }

  Part from(std::size_t at) const { return {data_ + check(at, 0), size_ - at}; }
  Part part(std::size_t at, std::size_t length) const { return {data_ + check(at, length), length}; }

  std::uint64_t number(std::size_t at, std::size_t bytes, bool big) const {
    const std::uint8_t* from = data_ + check(at, bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | from[big ? i : bytes - 1 - i];
    return value;
  }
  std::uint64_t big(std::size_t at, std::size_t bytes) const { return number(at, bytes, true); }
  std::uint64_t little(std::size_t at, std::size_t bytes) const { return number(at, bytes, false); }

  bool is(std::size_t at, std::string_view text) const {
    return at <= size_ && text.size() <= size_ - at && std::equal(text.begin(), text.end(), data_ + at, same);
  }
  bool holds(std::string_view text) const {
    return std::search(data_, data_ + size_, text.begin(), text.end(), [](auto a, auto b) { return same(b, a); }) !=
           data_ + size_;
  }
  // The last place of these bytes from `at` on; the size where they are nowhere.
  std::size_t last(std::string_view text, std::size_t at) const {
    for (std::size_t i = size_; i-- > at;) {
      if (is(i, text)) return i;
    }
    return size_;
  }

 private:
  static bool same(char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }

  std::size_t check(std::size_t at, std::size_t length) const {
    if (at > size_ || length > size_ - at) throw std::out_of_range("end of file");
    return at;
  }

  const std::uint8_t* data_;
  std::size_t size_;
};

int side(std::uint64_t value) { return static_cast<int>(std::min<std::uint64_t>(value, 1 << 30)); }

// The whole numbers of a TIFF directory, and where the next one is.
std::pair<std::map<std::uint64_t, std::uint64_t>, std::size_t> directory(const Part& file) {
  const bool big = file.is(0, "MM");
  if (!big && !file.is(0, "II")) throw std::out_of_range("no directory");
  if (file.number(2, 2, big) != 42) throw std::out_of_range("no directory of 32 bits");
  const auto place = static_cast<std::size_t>(file.number(4, 4, big));
  const auto count = static_cast<std::size_t>(file.number(place, 2, big));
  if (count > 4096) throw std::out_of_range("too many tags");
  std::map<std::uint64_t, std::uint64_t> found;
  const std::map<std::uint64_t, std::size_t> widths = {{1, 1}, {3, 2}, {4, 4}};
  for (std::size_t i = 0; i < count; ++i) {
    const Part entry = file.part(place + 2 + 12 * i, 12);
    const auto width = widths.find(entry.number(2, 2, big));
    const auto values = entry.number(4, 4, big);
    if (width == widths.end() || values == 0) continue;
    const bool elsewhere = values * width->second > 4;
    const Part value = elsewhere ? file.from(static_cast<std::size_t>(entry.number(8, 4, big))) : entry.from(8);
    found[entry.number(0, 2, big)] = value.number(0, width->second, big);
  }
  const std::size_t end = place + 2 + 12 * count;
  const bool more = file.size() >= end + 4 && file.number(end, 4, big) != 0;
  return {found, more ? 1 : 0};
}

int turn_of(const std::map<std::uint64_t, std::uint64_t>& tags) {
  const auto found = tags.find(kOrientation);
  return found != tags.end() && found->second >= 1 && found->second <= 8 ? static_cast<int>(found->second) : 1;
}

// 1, which is no turn, where the data are damaged or do not say.
int exif_turn(Part exif) {
  try {
    return turn_of(directory(exif.is(0, std::string_view("Exif\0\0", 6)) ? exif.from(6) : exif).first);
  } catch (const std::out_of_range&) {
    return 1;
  }
}

Head jpeg(const Part& file) {
  Head head;
  std::size_t place = 2;
  for (int i = 0; i < kMostParts; ++i) {
    const auto mark = file.big(place, 2);
    if (mark == 0xFFFF) {  // a filler
      ++place;
      continue;
    }
    if (mark >> 8 != 0xFF || mark == 0xFFDA) {
      // Some versions of OpenCV paint the missing part grey without a word. A thumbnail has an end of its own, earlier.
      head.whole = file.last("\xff\xd9", place) != file.size();
      return head;
    }
    const auto length = static_cast<std::size_t>(file.big(place + 2, 2));
    const Part segment = file.part(place + 2, std::max<std::size_t>(length, 2));
    const bool sizes = mark >= 0xFFC0 && mark <= 0xFFCF && mark != 0xFFC4 && mark != 0xFFC8 && mark != 0xFFCC;
    if (sizes) {
      head.bits = static_cast<int>(segment.big(2, 1));
      head.stored = {side(segment.big(3, 2)), side(segment.big(5, 2))};
    } else if (mark == 0xFFE1 && head.turn == 1 && segment.is(2, std::string_view("Exif\0\0", 6))) {
      head.turn = exif_turn(segment.from(2));
    } else if (mark == 0xFFE2 && segment.is(2, "ICC_PROFILE")) {
      head.profile = !segment.holds("sRGB") && !segment.holds(std::string_view("\0s\0R\0G\0B", 8));
    }
    place += 2 + std::max<std::size_t>(length, 2);
  }
  throw std::out_of_range("too many segments");
}

Head png(const Part& file) {
  Head head;
  head.stored = {side(file.big(20, 4)), side(file.big(16, 4))};
  head.bits = static_cast<int>(file.big(24, 1));
  head.whole = false;
  std::size_t place = 8;
  for (int i = 0; i < kMostParts && file.size() - place >= 8; ++i) {
    const auto length = static_cast<std::size_t>(file.big(place, 4));
    if (file.is(place + 4, "IEND")) {
      head.whole = true;
      return head;
    }
    if (length > file.size() - place - 8) return head;
    const Part chunk = file.part(place + 8, length);
    if (file.is(place + 4, "eXIf")) head.turn = exif_turn(chunk);
    if (file.is(place + 4, "acTL")) head.several = true;
    if (file.is(place + 4, "iCCP")) head.profile = !chunk.part(0, std::min<std::size_t>(length, 80)).holds("sRGB");
    place += 12 + length;
    if (place > file.size()) return head;
  }
  return head;
}

Head tiff(const Part& file) {
  const auto [tags, more] = directory(file);
  Head head;
  head.stored = {side(tags.at(kHeight)), side(tags.at(kWidth))};
  head.turn = turn_of(tags);
  head.bits = tags.count(kBits) != 0 ? side(tags.at(kBits)) : 1;
  head.several = more != 0;
  head.profile = tags.count(34675) != 0;
  return head;
}

Head webp(const Part& file) {
  Head head;
  const auto end = static_cast<std::size_t>(8 + file.little(4, 4));
  std::size_t place = 12;
  for (int i = 0; i < kMostParts && place < end && file.size() > place && file.size() - place >= 8; ++i) {
    const auto length = static_cast<std::size_t>(file.little(place + 4, 4));
    const Part chunk = file.part(place + 8, std::min(length, file.size() - place - 8));
    const bool first = head.stored == Size{};
    if (file.is(place, "VP8X") && first) {
      head.stored = {side(1 + chunk.little(7, 3)), side(1 + chunk.little(4, 3))};
    } else if (file.is(place, "VP8 ") && first) {
      head.stored = {side(chunk.little(8, 2) & 0x3FFF), side(chunk.little(6, 2) & 0x3FFF)};
    } else if (file.is(place, "VP8L") && first) {
      const auto numbers = chunk.little(1, 4);
      head.stored = {side(1 + (numbers >> 14 & 0x3FFF)), side(1 + (numbers & 0x3FFF))};
    } else if (file.is(place, "ANMF")) {
      head.several = true;
    } else if (file.is(place, "EXIF")) {
      head.turn = exif_turn(chunk);
    } else if (file.is(place, "ICCP")) {
      head.profile = !chunk.holds("sRGB") && !chunk.holds(std::string_view("\0s\0R\0G\0B", 8));
    }
    place += 8 + length + length % 2;
  }
  head.whole = file.size() >= end - 1;  // some leave out the last byte where it only fills up
  return head;
}

Head bmp(const Part& file) {
  Head head;
  const auto h = static_cast<std::int32_t>(static_cast<std::uint32_t>(file.little(22, 4)));
  head.stored = {side(static_cast<std::uint64_t>(std::abs(static_cast<std::int64_t>(h)))), side(file.little(18, 4))};
  return head;
}

std::string format_of(const Part& file) {
  using namespace std::literals;
  const std::array<std::pair<std::string_view, const char*>, 14> starts = {{{"\xff\xd8\xff", "JPEG"},
                                                                            {"\x89PNG\r\n\x1a\n", "PNG"},
                                                                            {"II*\0"sv, "TIFF"},
                                                                            {"MM\0*"sv, "TIFF"},
                                                                            {"II+\0"sv, "BigTIFF"},
                                                                            {"MM\0+"sv, "BigTIFF"},
                                                                            {"BM", "BMP"},
                                                                            {"GIF8", "GIF"},
                                                                            {"\0\0\0\x0cjP"sv, "JPEG 2000"},
                                                                            {"qoif", "QOI"},
                                                                            {"#?RADIANCE", "Radiance"},
                                                                            {"\x76\x2f\x31\x01", "OpenEXR"},
                                                                            {"P5", "PGM"},
                                                                            {"P6", "PPM"}}};
  if (file.is(0, "RIFF") && file.is(8, "WEBP")) return "WEBP";
  if (file.is(4, "ftyp")) return "HEIC or AVIF";
  for (const auto& [start, form] : starts) {
    if (file.is(0, start)) return form;
  }
  return "";
}

}  // namespace

std::string format_of(const Bytes& content) { return format_of(Part(content.data(), content.size())); }

Head read_head(const Bytes& content, const std::string& where) {
  const std::map<std::string, Head (*)(const Part&)> readers = {
      {"JPEG", jpeg}, {"PNG", png}, {"TIFF", tiff}, {"WEBP", webp}, {"BMP", bmp}};
  if (content.empty()) throw DataError(where, "is empty", "replace the file");
  const Part file(content.data(), content.size());
  const std::string form = format_of(file);
  const auto reader = readers.find(form);
  if (reader == readers.end() && !form.empty()) {
    throw DataError(where, "is a " + form + " file, which this program does not read", "convert it to JPEG or PNG");
  }
  try {
    if (reader != readers.end()) {
      Head head = reader->second(file);
      head.form = form;
      if (head.stored.h > 0 && head.stored.w > 0) return head;
    }
  } catch (const std::out_of_range&) {
  }
  throw DataError(where, "is not an image, or is broken", "replace the file, or take it out of the folder");
}

}  // namespace segment
