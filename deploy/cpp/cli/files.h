// A user's files: read within bounds, written whole or not at all, and inputs never written over.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace segment {

using Bytes = std::vector<std::uint8_t>;

// Raises Error: it cannot be read, is no regular file, or has more than 1 GiB.
Bytes read_bytes(const std::string& path);

// Gives `write` a temporary name, which becomes `path` when it returns and vanishes when it throws.
void write_whole(const std::string& path, const std::function<void(const std::string&)>& write);
void write_whole(const std::string& path, const Bytes& content);

// Raises Error where a target is one of the inputs, under whatever name or link; nothing has been written then.
void refuse_overwriting(const std::vector<std::string>& inputs, const std::vector<std::string>& targets);

std::string folder_of(const std::string& path);  // with its last slash; empty where there is none
std::string name_of(const std::string& path);    // after the last slash
std::string stem_of(const std::string& name);    // a name or path without its ending
std::string ending_of(const std::string& name);  // such as ".jpg", in lower case; empty where there is none

}  // namespace segment
