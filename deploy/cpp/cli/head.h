// What a picture's file says of it before anything is decoded: its format, size, turn and depth.
#pragma once

#include <string>

#include "../core/arrays.h"
#include "files.h"

namespace segment {

struct Head {
  std::string form;      // "JPEG", "PNG", "TIFF", "WEBP" or "BMP"; of others their name, and they are not read here
  Size stored;           // before the turn
  int turn = 1;          // the EXIF orientation, 1 to 8
  int bits = 8;          // of one value
  bool several = false;  // pictures, of which the first is read
  bool whole = true;     // false where the file's end is missing, as far as the format tells
  bool profile = false;  // a colour profile that does not say that it is sRGB's
};

// Raises Error for what is no picture or has a damaged head; `where` is what it calls the file.
Head read_head(const Bytes& content, const std::string& where);

// By the first bytes; empty for what is no picture.
std::string format_of(const Bytes& content);

}  // namespace segment
