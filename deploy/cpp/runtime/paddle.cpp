// Exported graphs on Paddle Inference. Its predictors are not safe in threads, so each call has one of its own.
#include <paddle_inference_api.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <mutex>
#include <numeric>

#include "../core/error.h"
#include "runner.h"
#include "sha256.h"

namespace segment {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Whether a file of the older form, a protobuf, is one at all: Paddle ends the process on what is none.
bool is_program(const std::string& graph) {
  std::ifstream file(graph, std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(file), {});
  std::size_t at = 0;
  const auto number = [&content, &at] {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at < content.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(content[at++]);
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < content.size()) {
    const std::uint64_t tag = number(), length = number();  // blocks, version and map of versions: 1, 4 and 5
    const bool known = tag == (1 << 3 | 2) || tag == (4 << 3 | 2) || tag == (5 << 3 | 2);
    if (!known || length > content.size() - at) return false;
    at += static_cast<std::size_t>(length);
  }
  return !content.empty();
}

void set_device(paddle_infer::Config& config, const Options& options) {
  if (options.device == "cpu") {
    config.DisableGpu();
    if (const int threads = threads_of(options); threads > 0) config.SetCpuMathLibraryNumThreads(threads);
    config.EnableONEDNN();
    return;
  }
  config.EnableUseGpu(256, options.device_id);
  if (!config.use_gpu()) {  // it says so in its log only, and would go on without
    throw Error("--device gpu", "this Paddle Inference was built without CUDA",
                "build with the GPU package of Paddle Inference, or use --device cpu");
  }
  if (!options.tensorrt) return;
  if (paddle_infer::GetTrtCompileVersion() == std::make_tuple(0, 0, 0)) {
    throw Error("--tensorrt", "this Paddle Inference was built without TensorRT", "leave --tensorrt out");
  }
  const auto precision =
      options.precision == "fp16" ? paddle_infer::PrecisionType::kHalf : paddle_infer::PrecisionType::kFloat32;
  config.EnableTensorRtEngine(1 << 30, 1, 3, precision, false, false);
}

class PaddleInference : public Runner {
 public:
  PaddleInference(const std::string& graph, const std::string& params, const Options& options) : graph_(graph) {
    paddle_infer::Config config(graph, params);
    config.DisableGlogInfo();
    if (ends_with(graph, ".json")) {  // without these two, memory optimisation fails on this form of graph
      config.EnableNewIR(true);
      config.EnableNewExecutor(true);
    }
    config.EnableMemoryOptim();
    set_device(config, options);
    try {
      first_ = paddle_infer::CreatePredictor(config);
    } catch (const std::exception& error) {
      throw Error(graph, "cannot be loaded: " + last_line(error.what()), "export the model again");
    }
    if (first_->GetInputNames().size() != 1) throw Error(graph, "takes several inputs", "this program gives one");
  }

  Tensor run(const Tensor& input) override {
    std::shared_ptr<paddle_infer::Predictor> predictor = take();
    try {
      Tensor output = run_on(*predictor, input);
      const std::lock_guard<std::mutex> lock(mutex_);
      free_.push_back(std::move(predictor));
      return output;
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(graph_, "cannot run: " + last_line(error.what()), "export the model again, with its card");
    }
  }

 private:
  // One that no other thread uses; clones share the weights.
  std::shared_ptr<paddle_infer::Predictor> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) return first_->Clone();
    auto predictor = std::move(free_.back());
    free_.pop_back();
    return predictor;
  }

  Tensor run_on(paddle_infer::Predictor& predictor, const Tensor& input) const {
    const auto handle = predictor.GetInputHandle(predictor.GetInputNames().front());
    handle->Reshape(std::vector<int>(input.shape.begin(), input.shape.end()));
    handle->CopyFromCpu(input.values.data());
    if (!predictor.Run()) throw Error(graph_, "cannot run", "export the model again, with its card");
    const auto found = predictor.GetOutputHandle(predictor.GetOutputNames().front());
    const std::vector<int> shape = found->shape();
    const auto count = static_cast<std::size_t>(
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, [](auto a, auto b) { return a * b; }));
    Tensor output{{shape.begin(), shape.end()}, std::vector<float>(count)};
    const auto copy = [&](auto values) {
      found->CopyToCpu(values.data());
      std::transform(values.begin(), values.end(), output.values.begin(),
                     [](auto number) { return static_cast<float>(number); });
    };
    switch (found->type()) {
      case paddle_infer::DataType::FLOAT32:
        found->CopyToCpu(output.values.data());
        break;
      case paddle_infer::DataType::INT32:
        copy(std::vector<std::int32_t>(count));
        break;
      case paddle_infer::DataType::INT64:
        copy(std::vector<std::int64_t>(count));
        break;
      default:
        throw Error(graph_, "gives values of a kind that is not read here", "export with float32 or int32");
    }
    return output;
  }

  std::string graph_;
  std::shared_ptr<paddle_infer::Predictor> first_;  // is only cloned
  std::mutex mutex_;
  std::vector<std::shared_ptr<paddle_infer::Predictor>> free_;
};

}  // namespace

std::unique_ptr<Runner> open_paddle(const Card& card, const Options& options) {
  const std::string graph = named_file(card, card.graph, "graph"), params = named_file(card, card.params, "params");
  if (!card.sha256.empty() && file_sha256(params) != card.sha256) {  // Paddle may end the process on damaged ones
    throw Error(params, "is not the file that its card describes: their sha256 differ", "export the model again");
  }
  if (ends_with(graph, ".pdmodel") && !is_program(graph)) {
    throw Error(graph, "cannot be loaded: it is no graph of Paddle's", "export the model again");
  }
  return std::make_unique<PaddleInference>(graph, params, options);
}

}  // namespace segment
