#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../runtime/runner.h"

namespace segment {

struct Flags {
  std::string model_path, image_path, video_path, save_dir = "./output/result";
  std::vector<std::string> outputs = {"mask", "overlay"};
  std::vector<int> mask_values;
  Options options;
};

// Raises Error for a flag that there is none of, or whose value is wrong. Nothing where help was asked for and printed.
std::optional<Flags> read_flags(const std::vector<std::string>& arguments);

}  // namespace segment
