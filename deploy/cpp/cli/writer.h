// Which pictures are made of a result, and where they go: as in Python, each kind in a folder of its own.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "../segment/predictor.h"

namespace segment {

class Writer {
 public:
  static std::vector<std::string> kinds();

  Writer(const std::string& save_dir, const std::vector<std::string>& outputs, const std::vector<int>& mask_values,
         const Card& card);

  // The files that the pictures of a photo go to, which is called `name` below its folder.
  std::vector<std::string> targets(const std::string& name) const;

  // Writes all pictures of a photo, RGB or grey.
  void operator()(const std::string& name, const cv::Mat& photo, const Result& result) const;

  // The same, but for one kind.
  Writer without(const std::string& kind) const;

  cv::Mat overlay_of(const cv::Mat& photo, const Result& result) const;
  const std::vector<std::string>& outputs() const { return outputs_; }
  bool makes(const std::string& kind) const;
  std::string folder(const std::string& kind) const;

 private:
  std::string of_class(const std::string& stem, std::size_t number) const;
  cv::Mat in_greys(const Image& mask) const;

  std::string save_dir_;
  std::vector<std::string> outputs_, classes_;
  std::vector<int> greys_;
  bool multilabel_;
  cv::Mat palette_;
};

}  // namespace segment
