#include "writer.h"

#include <algorithm>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "../core/error.h"
#include "compositing.h"
#include "files.h"

namespace segment {
namespace {

const std::map<std::string, std::string> kFolders = {
    {"mask", "mask"}, {"overlay", "added_prediction"}, {"alpha", "alpha"}, {"cutout", "cutout"}};
const std::set<std::string> kWritten = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff"};

std::string as_png(const std::string& path) { return stem_of(path) + ".png"; }

// The name itself where a photo can be written in the format that its ending says; else one that ends in .jpg.
std::string writable(const std::string& path) {
  return kWritten.count(ending_of(path)) != 0 ? path : stem_of(path) + ".jpg";
}

void write(const std::string& path, const cv::Mat& picture) {
  cv::Mat stored = picture;
  if (picture.channels() == 3) cv::cvtColor(picture, stored, cv::COLOR_RGB2BGR);
  if (picture.channels() == 4) cv::cvtColor(picture, stored, cv::COLOR_RGBA2BGRA);
  Bytes content;
  bool done = false;
  try {
    done =
        cv::imencode(ending_of(path), stored, content, {cv::IMWRITE_JPEG_QUALITY, 95, cv::IMWRITE_PNG_COMPRESSION, 3});
  } catch (const cv::Exception&) {
    done = false;
  }
  if (!done) {
    throw Error(path, "cannot be written: the format does not hold pictures of this size",
                "save the photo as a PNG first");
  }
  write_whole(path, content);
}

cv::Mat as_mat(const Image& image) {
  return cv::Mat(image.size().h, image.size().w, CV_8U, const_cast<std::uint8_t*>(image.data())).clone();
}

cv::Mat as_rgb(const cv::Mat& photo) {
  if (photo.channels() == 3) return photo;
  cv::Mat rgb;
  cv::cvtColor(photo, rgb, cv::COLOR_GRAY2RGB);
  return rgb;
}

}  // namespace

std::vector<std::string> Writer::kinds() { return {"mask", "overlay", "alpha", "cutout"}; }

Writer::Writer(const std::string& save_dir, const std::vector<std::string>& outputs,
               const std::vector<int>& mask_values, const Card& card)
    : save_dir_(save_dir),
      outputs_(outputs),
      classes_(card.classes),
      greys_(mask_values),
      multilabel_(card.output.multilabel),
      palette_(palette_of(card)) {}

bool Writer::makes(const std::string& kind) const {
  return std::find(outputs_.begin(), outputs_.end(), kind) != outputs_.end();
}

Writer Writer::without(const std::string& kind) const {
  Writer others = *this;
  others.outputs_.erase(std::remove(others.outputs_.begin(), others.outputs_.end(), kind), others.outputs_.end());
  return others;
}

std::string Writer::folder(const std::string& kind) const { return save_dir_ + "/" + kFolders.at(kind) + "/"; }

std::string Writer::of_class(const std::string& stem, std::size_t number) const {
  std::string name = number < classes_.size() ? classes_[number] : std::to_string(number);
  const auto odd = [](unsigned char c) {
    return c < 32 || std::string("/\\:*?\"<>|").find(static_cast<char>(c)) != std::string::npos;
  };
  std::replace_if(name.begin(), name.end(), odd, '_');
  return stem + "_" + name + ".png";
}

std::vector<std::string> Writer::targets(const std::string& name) const {
  std::vector<std::string> found;
  for (const auto& kind : outputs_) {
    const std::string path = folder(kind) + name;
    found.push_back(kind == "overlay" ? writable(path) : as_png(path));
    for (std::size_t i = 0; kind == "mask" && multilabel_ && i < classes_.size(); ++i) {
      found.push_back(of_class(stem_of(path), i));
    }
  }
  return found;
}

cv::Mat Writer::in_greys(const Image& mask) const {
  cv::Mat picture = as_mat(mask);
  if (greys_.empty()) return picture;
  double highest = 0;
  cv::minMaxLoc(picture, nullptr, &highest);
  if (highest >= static_cast<double>(greys_.size())) {
    throw Error("--mask_values",
                "gives values of " + std::to_string(greys_.size()) + " classes, but a mask holds the class " +
                    std::to_string(static_cast<int>(highest)),
                "give one value for each class");
  }
  cv::Mat table(1, 256, CV_8U, cv::Scalar(0));
  for (std::size_t i = 0; i < greys_.size() && i < 256; ++i) {
    table.at<std::uint8_t>(0, static_cast<int>(i)) = static_cast<std::uint8_t>(greys_[i]);
  }
  cv::LUT(picture, table, picture);
  return picture;
}

cv::Mat Writer::overlay_of(const cv::Mat& photo, const Result& result) const {
  return overlay(as_rgb(photo), as_mat(result.mask()), palette_);
}

void Writer::operator()(const std::string& name, const cv::Mat& photo, const Result& result) const {
  for (const auto& kind : outputs_) {
    const std::string path = folder(kind) + name;
    if (kind == "overlay") {
      write(writable(path), overlay_of(photo, result));
    } else if (kind == "alpha") {
      write(as_png(path), as_mat(result.opacity()));
    } else if (kind == "cutout") {
      write(as_png(path), cutout(as_rgb(photo), as_mat(result.opacity())));
    } else if (!multilabel_) {
      write(as_png(path), in_greys(result.masks.front()));
    } else {
      for (std::size_t i = 0; i < result.masks.size(); ++i)
        write(of_class(stem_of(path), i), in_greys(result.masks[i]));
    }
  }
}

}  // namespace segment
