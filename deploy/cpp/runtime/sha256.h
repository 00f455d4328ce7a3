#pragma once

#include <string>

namespace segment {

// The SHA-256 of a file's content as 64 hexadecimal digits. Raises Error where it cannot be read.
std::string file_sha256(const std::string& path);

}  // namespace segment
