// The connected pieces of a mask and the holes in them, in runs of a row's pixels: there are few of these.
#pragma once

#include <cstdint>
#include <vector>

#include "arrays.h"

namespace segment {

// Pieces touch at corners too; holes, and what is around everything, do not.
struct Regions {
  struct Region {
    bool inside = false;      // of the mask: a piece; else a hole, or what is around everything, which comes first
    int parent = -1;          // the region around it
    std::int64_t area = 0;    // its own pixels
    std::int64_t within = 0;  // and those of all that lies in it
  };
  struct Run {
    int y, left, right;  // `right` is not part of it
    int region;
  };

  std::vector<Run> runs;  // row by row, from the left
  std::vector<Region> all;
};

Regions regions_of(const Image& mask);

}  // namespace segment
