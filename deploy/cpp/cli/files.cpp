#include "files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "../core/error.h"

namespace segment {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
constexpr std::size_t kNameBytes = 255;

[[noreturn]] void cannot_write(const std::string& path, int code) {
  const std::map<int, std::string> hints = {{ENOSPC, "free some disk space"},
                                            {EDQUOT, "free some disk space"},
                                            {ENAMETOOLONG, "choose a shorter name"},
                                            {ENOTDIR, "name a folder; a part of this path is a file"},
                                            {EEXIST, "name a folder; this is a file"}};
  const auto hint = hints.find(code);
  throw Error(path, std::string("cannot be written: ") + std::strerror(code),
              hint == hints.end() ? "choose a folder that you may write to" : hint->second);
}

using Number = std::pair<dev_t, ino_t>;

// What the file system knows a path by: the file that it leads to, and the link that it may be.
std::vector<Number> numbers_of(const std::string& path) {
  std::vector<Number> found;
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) found.emplace_back(status.st_dev, status.st_ino);
  if (lstat(path.c_str(), &status) == 0) found.emplace_back(status.st_dev, status.st_ino);
  return found;
}

}  // namespace

Bytes read_bytes(const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    throw DataError(path, "cannot be read: " + why, "name a picture or a clip that is there");
  };
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) refuse(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) refuse("it is no file");
  if (status.st_size > kMostBytes) refuse("it has more than 1 GiB");
  std::ifstream file(path, std::ios::binary);
  Bytes content(static_cast<std::size_t>(status.st_size));
  file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
  if (!file) refuse(errno != 0 ? std::strerror(errno) : "its end is missing");
  return content;
}

void write_whole(const std::string& path, const std::function<void(const std::string&)>& write) {
  const std::string folder = folder_of(path), name = name_of(path);
  std::error_code code;
  if (!folder.empty()) std::filesystem::create_directories(folder, code);
  if (code) cannot_write(folder, code.value());
  if (name.size() > kNameBytes) cannot_write(path, ENAMETOOLONG);
  // The ending stays last, since encoders choose their format by it.
  const std::string ending = "." + std::to_string(getpid()) + std::filesystem::path(name).extension().string();
  const std::string temporary = folder + "." + name.substr(0, kNameBytes - ending.size() - 1) + ending;
  try {
    write(temporary);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) cannot_write(path, errno);
  } catch (...) {
    std::remove(temporary.c_str());
    throw;
  }
}

void write_whole(const std::string& path, const Bytes& content) {
  write_whole(path, [&](const std::string& temporary) {
    errno = 0;
    std::ofstream file(temporary, std::ios::binary);
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) cannot_write(path, errno != 0 ? errno : EIO);
  });
}

void refuse_overwriting(const std::vector<std::string>& inputs, const std::vector<std::string>& targets) {
  std::map<Number, std::string> known;
  for (const auto& input : inputs) {
    for (const auto& number : numbers_of(input)) known[number] = input;
  }
  for (const auto& target : targets) {
    // Without `..`, which may lead through a folder that will only be made when the target is written.
    for (const auto& number : numbers_of(std::filesystem::path(target).lexically_normal().string())) {
      if (const auto hit = known.find(number); hit != known.end()) {
        throw Error(target, "would be written over an input, " + hit->second,
                    "choose an output folder away from the inputs");
      }
    }
  }
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::string name_of(const std::string& path) { return path.substr(folder_of(path).size()); }

std::string stem_of(const std::string& name) {
  const std::string last = name_of(name);
  const auto dot = last.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : folder_of(name) + last.substr(0, dot);
}

std::string ending_of(const std::string& name) {
  std::string ending = name.substr(stem_of(name).size());
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending;
}

}  // namespace segment
