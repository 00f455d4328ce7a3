#include "clip.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <iomanip>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "../core/error.h"
#include "files.h"
#include "photo.h"

namespace segment {

volatile std::sig_atomic_t interrupted = 0;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;  // of a frame

std::string numbered(const std::string& folder, int frame) {
  std::ostringstream name;
  name << folder << "/" << std::setw(6) << std::setfill('0') << frame << ".png";
  return name.str();
}

// `overlay` is where the clip with overlays goes; empty for none.
int each_frame(const Predictor& predictor, const std::string& path, const Writer& writer, const Writer& pictures,
               const std::string& folder, const std::string& overlay) {
  cv::VideoCapture clip(path);
  const double rate = clip.get(cv::CAP_PROP_FPS), promised = clip.get(cv::CAP_PROP_FRAME_COUNT);
  cv::VideoWriter target;
  cv::Mat frame;
  cv::Size first;
  int count = 0;
  for (; clip.isOpened() && clip.read(frame); ++count) {
    if (interrupted != 0) throw Interrupted{};
    if (static_cast<std::int64_t>(frame.rows) * frame.cols > kMostPixels) {
      throw Error(path, "has frames of more than 67 million pixels", "make it smaller");
    }
    cv::Mat photo;
    cv::cvtColor(frame, photo, predictor.card().channels == 3 ? cv::COLOR_BGR2RGB : cv::COLOR_BGR2GRAY);
    const Result result = predictor(view(photo));
    pictures(numbered(folder, count), photo, result);
    if (overlay.empty()) continue;
    if (count > 0 && photo.size() != first) {  // OpenCV would leave these out
      throw Error(path, "changes its size at frame " + std::to_string(count), "leave overlay out");
    }
    first = photo.size();
    if (count == 0 && !target.open(overlay, cv::VideoWriter::fourcc('m', 'p', '4', 'v'),
                                   std::isfinite(rate) && rate > 0 ? rate : 25, photo.size())) {
      throw Error(overlay, "cannot be written", "choose a folder that you may write to, or leave overlay out");
    }
    cv::Mat stored;
    cv::cvtColor(writer.overlay_of(photo, result), stored, cv::COLOR_RGB2BGR);
    target.write(stored);
  }
  if (count == 0) throw Error(path, "is no clip that OpenCV reads", "convert it to MP4 with H.264");
  // Containers count a frame or two more than there are; a file that has been cut off lacks many.
  if (promised > 0 && count < promised * 0.98 - 2) {
    throw Error(path,
                "ends after " + std::to_string(count) + " of " + std::to_string(static_cast<int>(promised)) + " frames",
                "its end is missing: replace the file");
  }
  return count;
}

// Folders that take their names when all frames are in them, and vanish when something goes wrong.
class Folders {
 public:
  Folders(const Writer& writer, const std::string& stem) : name_("." + stem + "." + std::to_string(getpid())) {
    for (const auto& kind : writer.outputs()) {
      pairs_.emplace_back(writer.folder(kind) + name_, writer.folder(kind) + stem);
      std::error_code code;
      if (fs::exists(fs::symlink_status(pairs_.back().second, code))) {  // other frames would stay among these
        throw Error(pairs_.back().second, "is there already", "remove it, or choose another --save_dir");
      }
    }
  }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  ~Folders() {
    std::error_code code;
    for (const auto& pair : pairs_) fs::remove_all(pair.first, code);
  }

  const std::string& name() const { return name_; }

  void keep() {
    for (const auto& [temporary, target] : pairs_) {
      std::error_code code;
      fs::rename(temporary, target, code);
      if (code) throw Error(target, "cannot be written: " + code.message(), "choose a folder that you may write to");
    }
  }

 private:
  std::string name_;
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace

int predict_clip(const Predictor& predictor, const std::string& path, const Writer& writer) {
  const std::string stem = stem_of(name_of(path));
  const Writer pictures = writer.without("overlay");
  Folders folders(pictures, stem);
  int count = 0;
  const auto make = [&](const std::string& overlay) {
    count = each_frame(predictor, path, writer, pictures, folders.name(), overlay);
  };
  if (writer.makes("overlay")) {
    const std::string overlay = writer.folder("overlay") + stem + ".mp4";
    refuse_overwriting({path}, {overlay});
    write_whole(overlay, [&](const std::string& temporary) {
      make(temporary);
      // OpenCV keeps to itself that a disk is full.
      if (static_cast<int>(cv::VideoCapture(temporary).get(cv::CAP_PROP_FRAME_COUNT)) != count) {
        throw Error(overlay, "cannot be written whole", "free some disk space");
      }
    });
  } else {
    make("");
  }
  folders.keep();
  return count;
}

}  // namespace segment
