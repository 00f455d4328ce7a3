#include "listing.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <set>
#include <system_error>

#include "../core/error.h"
#include "files.h"

namespace segment {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kEndings = {".jpg",  ".jpeg", ".jpe",  ".jfif", ".png", ".bmp", ".webp", ".tif",
                                        ".tiff", ".gif",  ".avif", ".jp2",  ".pgm", ".ppm", ".qoi",  ".heic"};

struct Found {
  std::vector<Photo> photos;
  std::vector<std::string> passed_over;
  std::set<std::string> seen;  // folders, so that links do not lead in circles
};

bool is_image(const fs::directory_entry& entry) {
  std::error_code code;
  return entry.is_regular_file(code) && kEndings.count(ending_of(entry.path().string())) != 0;
}

void walk(const fs::path& folder, const std::string& below, Found& found) {
  std::error_code code;
  const fs::path real = fs::canonical(folder, code);
  if (code || !found.seen.insert(real.string()).second) {
    found.passed_over.push_back(folder.string());
    return;
  }
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    if (name.front() == '.') {
      found.passed_over.push_back(entry.path().string());
    } else if (entry.is_directory(code)) {
      walk(entry.path(), below + name + "/", found);
    } else if (is_image(entry)) {
      found.photos.push_back({entry.path().string(), below + name});
    } else {
      found.passed_over.push_back(entry.path().string());
    }
  }
  if (code) found.passed_over.push_back(folder.string());  // no permission
}

std::string remark(const std::vector<std::string>& passed_over) {
  std::string names;
  for (std::size_t i = 0; i < passed_over.size() && i < 5; ++i) names += (i == 0 ? "" : ", ") + name_of(passed_over[i]);
  const std::size_t count = passed_over.size();
  return "Passed over " +
         (count == 1 ? "1 file that is no image" : std::to_string(count) + " files that are no images") + ": " + names +
         (count > 5 ? ", ..." : "");
}

// A number is added where two names would make one file, also where only capitals differ.
void make_distinct(std::vector<Photo>& photos) {
  std::set<std::string> taken;
  const auto take = [&taken](std::string stem) {
    std::transform(stem.begin(), stem.end(), stem.begin(), [](unsigned char c) { return std::tolower(c); });
    return taken.insert(stem).second;
  };
  for (Photo& photo : photos) {
    const std::string given = stem_of(photo.name), ending = photo.name.substr(given.size());
    std::string stem = given;
    for (int count = 2; !take(stem); ++count) stem = given + "_" + std::to_string(count);
    photo.name = stem + ending;
  }
}

}  // namespace

std::vector<Photo> list_photos(const std::string& source) {
  Found found;
  std::error_code code;
  if (fs::is_directory(source, code)) {
    walk(source, "", found);
    const auto by_path = [](const Photo& a, const Photo& b) { return a.path < b.path; };
    std::sort(found.photos.begin(), found.photos.end(), by_path);
    std::sort(found.passed_over.begin(), found.passed_over.end());
  } else if (fs::is_regular_file(source, code)) {
    if (ending_of(source) == ".txt") throw Error(source, "is no picture", "give an image or a folder of images");
    found.photos.push_back({source, name_of(source)});
  } else {
    throw Error(source, fs::exists(source, code) ? "is no file and no folder" : "does not exist",
                "give an image or a folder of images");
  }
  if (found.photos.empty()) {
    throw Error(source, "holds no image" + (found.passed_over.empty() ? "" : ". " + remark(found.passed_over)),
                "images end in .jpg, .png, .webp, .bmp or .tif");
  }
  if (!found.passed_over.empty()) std::cerr << remark(found.passed_over) << "\n";
  make_distinct(found.photos);
  return found.photos;
}

}  // namespace segment
