#include "clip.h"

#include <cmath>
#include <iomanip>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <sstream>

#include "../core/error.h"
#include "files.h"
#include "photo.h"

namespace segment {

volatile std::sig_atomic_t interrupted = 0;

namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;  // of a frame

std::string numbered(const std::string& stem, int frame) {
  std::ostringstream name;
  name << stem << "/" << std::setw(6) << std::setfill('0') << frame << ".png";
  return name.str();
}

// `overlay` is where the clip with overlays goes; empty for none.
int each_frame(const Predictor& predictor, const std::string& path, const Writer& writer, const std::string& overlay) {
  const Writer pictures = writer.without("overlay");
  cv::VideoCapture clip(path);
  const double rate = clip.get(cv::CAP_PROP_FPS), promised = clip.get(cv::CAP_PROP_FRAME_COUNT);
  cv::VideoWriter target;
  cv::Mat frame;
  int count = 0;
  for (; clip.isOpened() && clip.read(frame); ++count) {
    if (interrupted != 0) throw Interrupted{};
    if (static_cast<std::int64_t>(frame.rows) * frame.cols > kMostPixels) {
      throw Error(path, "has frames of more than 67 million pixels", "make it smaller");
    }
    cv::Mat photo;
    cv::cvtColor(frame, photo, predictor.card().channels == 3 ? cv::COLOR_BGR2RGB : cv::COLOR_BGR2GRAY);
    const Result result = predictor(view(photo));
    pictures(numbered(stem_of(name_of(path)), count), photo, result);
    if (overlay.empty()) continue;
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

}  // namespace

int predict_clip(const Predictor& predictor, const std::string& path, const Writer& writer) {
  if (!writer.makes("overlay")) return each_frame(predictor, path, writer, "");
  const std::string overlay = writer.folder("overlay") + stem_of(name_of(path)) + ".mp4";
  refuse_overwriting({path}, {overlay});
  int count = 0;
  write_whole(overlay, [&](const std::string& temporary) { count = each_frame(predictor, path, writer, temporary); });
  return count;
}

}  // namespace segment
