// Which pictures a user means by a file or a folder; what lies beside them is counted and named.
#pragma once

#include <string>
#include <vector>

namespace segment {

struct Photo {
  std::string path;
  std::string name;  // below the folder that it was found in; no two of one listing make one result
};

// An image, or all images of a folder and the folders below it, sorted. Raises Error where there are none.
std::vector<Photo> list_photos(const std::string& source);

}  // namespace segment
