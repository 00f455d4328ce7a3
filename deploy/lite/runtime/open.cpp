#include "open.h"

#include "../../cpp/core/error.h"

namespace segment::lite {
namespace {

#if defined(__aarch64__) || defined(__arm__)
constexpr const char* kProcessor = "arm";
#else
constexpr const char* kProcessor = "x86";
#endif

}  // namespace

std::unique_ptr<Runner> open_engine(const Model& model, const Options& options) {
#ifdef SEGMENT_PADDLE_LITE
  constexpr bool has_lite = true;
#else
  constexpr bool has_lite = false;
#endif
  const bool has_onnx = !runtimes().empty();
  if (!options.runtime.empty() && options.runtime != "lite" && options.runtime != "onnx") {
    throw Error("runtime", "should be lite or onnx, not " + options.runtime, "");
  }
  const bool fits = model.processor == kProcessor;
  const bool alone = !has_onnx || model.card.onnx.empty();
  const bool offered = has_lite && !model.lite.empty() && (fits || alone);
  const bool wants_lite = options.runtime == "lite" || (options.runtime.empty() && offered);
  if (wants_lite) {
    if (model.lite.empty())
      throw Error(model.card.folder, "its model.txt names no file of Paddle Lite", "export --to lite");
    if (!fits) {  // it would run, and give noise
      throw Error(model.card.folder + "/" + model.lite,
                  "is for " + model.processor + " processors, and this one is " + kProcessor,
                  "pack the file for this processor: export --to lite writes both");
    }
    if (!has_lite) throw Error("runtime lite", "is not in this build", "build with -DPADDLE_LITE_ROOT");
#ifdef SEGMENT_PADDLE_LITE
    return open_paddle_lite(model.card.folder + "/" + model.lite, options);
#endif
  }
  if (!has_onnx) throw Error("runtime onnx", "is not in this build", "build with -DONNXRUNTIME_ROOT");
  return open_runner(model.card, options);
}

}  // namespace segment::lite
