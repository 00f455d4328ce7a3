#include "segmenter.h"

#include <chrono>
#include <utility>

#include "../../cpp/core/error.h"
#include "../core/one_pass.h"
#include "../runtime/open.h"
#include "model_file.h"

namespace segment::lite {
namespace {

class Watch {
 public:
  // Milliseconds since it was last asked.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(start_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Predictor opened(const std::string& folder, const Options& options) {
  Model model = read_model(folder);
  auto engine = open_engine(model, options);
  return {std::move(model.card), std::move(engine)};
}

}  // namespace

Segmenter::Segmenter(const std::string& folder, const Options& options, bool smooth)
    : predictor_(opened(folder, options)), smooth_(smooth) {
  if (smooth && predictor_.card().output.kind == OutputKind::kArgmax) {
    throw Error(folder, "gives classes and no probabilities, which cannot be made steady",
                "export it with --output_op softmax, or leave smoothing out");
  }
}

void Segmenter::reset() {
  adaptive_.reset();
  scenes_.reset();
}

void Segmenter::operator()(const CameraFrame& frame) {
  const Camera camera(frame);
  Watch watch;
  Prepared prepared = lite::prepared(camera, predictor_.prepare());
  stages_.pre = watch.lap();
  Planes values = predictor_.run(prepared);
  stages_.net = watch.lap();
  if (smooth_) {
    if (std::exchange(seen_, camera.size()) != camera.size()) reset();
    Plane green(prepared.geometry.size());
    const auto count = static_cast<std::ptrdiff_t>(green.values().size());
    std::copy_n(prepared.tensor.begin() + count, count, green.values().begin());
    if (scenes_.begins(green)) adaptive_.reset();
    adaptive_(values);
  }
  const double steady = watch.lap();
  picture_ = camera.rgb();
  stages_.read = watch.lap();
  const Result result = predictor_.complete(std::move(values), prepared.geometry, view(picture_));
  opacity_ = result.opacity();
  mask_ = result.mask();
  stages_.post = steady + watch.lap();
}

void Segmenter::check_seen() const {
  if (picture_.empty()) throw Error("frame", "none has been given yet", "segment one first");
}

Image Segmenter::composite() {
  check_seen();
  Watch watch;
  Image made = background_(view(picture_), opacity_);
  stages_.composite = watch.lap();
  return made;
}

Image Segmenter::cutout() const {
  check_seen();
  return lite::cutout(view(picture_), opacity_);
}

}  // namespace segment::lite
