// The program `segment`. Exit codes: 0, 2 for what a user can mend, 130 for Ctrl-C.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <opencv2/core/utils/logger.hpp>

#include "../core/error.h"
#include "../segment/predictor.h"
#include "clip.h"
#include "files.h"
#include "flags.h"
#include "listing.h"
#include "photo.h"
#include "writer.h"

namespace segment {
namespace {

constexpr int kMistake = 2, kInterrupted = 130;

int predict_photos(const Predictor& predictor, const Flags& flags, const Writer& writer) {
  const auto photos = list_photos(flags.image_path);
  std::vector<std::string> inputs{flags.image_path}, targets;
  for (const Photo& photo : photos) {
    inputs.push_back(photo.path);
    for (const auto& target : writer.targets(photo.name)) targets.push_back(target);
  }
  refuse_overwriting(inputs, targets);
  const bool colors_matter = writer.makes("overlay") || writer.makes("cutout");
  std::size_t done = 0;
  std::string problems;
  for (const Photo& photo : photos) {
    if (interrupted != 0) throw Interrupted{};
    cv::Mat picture;
    Result result;
    try {  // the others go on
      picture = read_photo(photo.path, predictor.card().channels, colors_matter);
      result = predictor(view(picture));
    } catch (const DataError& error) {
      const std::string said = error.what();
      problems += (said.rfind(photo.path, 0) == 0 ? "" : photo.path + ": ") + said + "\n";
      continue;
    }
    writer(photo.name, picture, result);
    ++done;
  }
  std::cout << done << " pictures predicted, results in " << flags.save_dir << "\n";
  if (problems.empty()) return 0;
  std::cerr << problems << photos.size() - done << " of " << photos.size() << " pictures could not be done\n";
  return kMistake;
}

int run(const std::vector<std::string>& arguments) {
  const auto flags = read_flags(arguments);
  if (!flags) return 0;
  const Predictor predictor(flags->model_path, flags->options);
  const Writer writer(flags->save_dir, flags->outputs, flags->mask_values, predictor.card());
  if (flags->video_path.empty()) return predict_photos(predictor, *flags, writer);
  const int frames = predict_clip(predictor, flags->video_path, writer);
  std::cout << frames << " frames predicted, results in " << flags->save_dir << "\n";
  return 0;
}

}  // namespace
}  // namespace segment

int main(int count, char** values) {
  std::signal(SIGINT, [](int) { segment::interrupted = 1; });
  setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "268435456", 0);  // what is refused here too
  setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);
  setenv("GLOG_minloglevel", "2", 0);
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    const int code = segment::run({values + 1, values + count});
    std::cout.flush();
    if (std::cout) return code;
    std::cerr << "standard output: cannot be written\n";
  } catch (const segment::Interrupted&) {
    return segment::kInterrupted;
  } catch (const std::bad_alloc&) {
    std::cerr << "there is not enough memory\n  hint: use smaller pictures\n";
  } catch (const segment::Error& error) {
    std::cerr << error.what() << "\n";
  } catch (const cv::Exception& error) {
    std::cerr << "OpenCV: " << error.err << "\n  hint: use smaller pictures\n";
  }
  return segment::kMistake;
}
