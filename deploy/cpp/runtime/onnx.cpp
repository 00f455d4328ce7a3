// ONNX graphs on ONNX Runtime. A session is safe in threads, which run side by side.

// Not the newest interface of the headers but one that is old enough: any library from 1.17 on runs this program.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "../core/error.h"
#include "runner.h"

namespace segment {
namespace {

constexpr std::uint32_t kApi = 17;

Ort::Env& environment() {
  static std::once_flag once;
  static Ort::Env* env = nullptr;
  std::call_once(once, [] {
    const OrtApi* api = OrtGetApiBase()->GetApi(kApi);
    if (api == nullptr) {
      throw Error("ONNX Runtime", std::string("this library is version ") + OrtGetApiBase()->GetVersionString(),
                  "install 1.17 or later");
    }
    Ort::InitApi(api);
    env = new Ort::Env(ORT_LOGGING_LEVEL_ERROR, "segment");  // for as long as the program runs
  });
  return *env;
}

void check(OrtStatus* status) { Ort::ThrowOnError(status); }

void add_tensorrt(Ort::SessionOptions& session, const Options& options) {
  OrtTensorRTProviderOptionsV2* settings = nullptr;
  const OrtApi& api = Ort::GetApi();
  check(api.CreateTensorRTProviderOptions(&settings));
  const std::string id = std::to_string(options.device_id);
  const std::array<const char*, 2> keys{"device_id", "trt_fp16_enable"};
  const std::array<const char*, 2> values{id.c_str(), options.precision == "fp16" ? "1" : "0"};
  OrtStatus* status = api.UpdateTensorRTProviderOptions(settings, keys.data(), values.data(), keys.size());
  if (status == nullptr) status = api.SessionOptionsAppendExecutionProvider_TensorRT_V2(session, settings);
  api.ReleaseTensorRTProviderOptions(settings);
  check(status);
}

void add_providers(Ort::SessionOptions& session, const Options& options) {
  if (options.device == "cpu") return;
  const auto here = Ort::GetAvailableProviders();
  for (const char* name : {"TensorrtExecutionProvider", "CUDAExecutionProvider"}) {
    const bool wanted = name[0] == 'C' || options.tensorrt;
    if (wanted && std::find(here.begin(), here.end(), name) == here.end()) {
      throw Error(options.tensorrt && name[0] == 'T' ? "--tensorrt" : "--device gpu",
                  std::string("this ONNX Runtime has no ") + name,
                  "build with the GPU package of ONNX Runtime, or use --device cpu");
    }
  }
  try {
    if (options.tensorrt) add_tensorrt(session, options);
    OrtCUDAProviderOptions cuda{};
    cuda.device_id = options.device_id;
    session.AppendExecutionProvider_CUDA(cuda);
  } catch (const Ort::Exception& error) {
    throw Error("--device gpu", "does not start: " + last_line(error.what()),
                "look for the libraries of CUDA and cuDNN");
  }
}

class OnnxRuntime : public Runner {
 public:
  OnnxRuntime(const std::string& graph, const Options& options) : graph_(graph) {
    Ort::Env& env = environment();
    Ort::SessionOptions settings;
    settings.SetLogSeverityLevel(ORT_LOGGING_LEVEL_ERROR);
    settings.SetIntraOpNumThreads(threads_of(options));
    add_providers(settings, options);
    try {
      session_ = Ort::Session(env, graph.c_str(), settings);
      const Ort::AllocatorWithDefaultOptions allocator;
      if (session_.GetInputCount() != 1) {
        throw Error(graph, "takes " + std::to_string(session_.GetInputCount()) + " inputs", "this program gives one");
      }
      input_ = session_.GetInputNameAllocated(0, allocator).get();
      output_ = session_.GetOutputNameAllocated(0, allocator).get();
    } catch (const Ort::Exception& error) {
      throw Error(graph, "cannot be loaded: " + last_line(error.what()), "export the model again");
    }
  }

  Tensor run(const Tensor& input) override {
    try {
      return run_checked(input);
    } catch (const Ort::Exception& error) {
      throw Error(graph_, "cannot run: " + last_line(error.what()), "export the model again, with its card");
    }
  }

 private:
  Tensor run_checked(const Tensor& input) {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    const Ort::Value value = Ort::Value::CreateTensor<float>(
        memory, const_cast<float*>(input.values.data()), input.values.size(), input.shape.data(), input.shape.size());
    const std::array<const char*, 1> inputs{input_.c_str()}, outputs{output_.c_str()};
    const auto found = session_.Run(Ort::RunOptions{nullptr}, inputs.data(), &value, 1, outputs.data(), 1);
    const auto info = found.front().GetTensorTypeAndShapeInfo();
    Tensor output{info.GetShape(), std::vector<float>(info.GetElementCount())};
    const auto copy = [&output](const auto* values) {
      std::transform(values, values + output.values.size(), output.values.begin(),
                     [](auto number) { return static_cast<float>(number); });
    };
    switch (info.GetElementType()) {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
        copy(found.front().GetTensorData<float>());
        break;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
        copy(found.front().GetTensorData<std::int32_t>());
        break;
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
        copy(found.front().GetTensorData<std::int64_t>());
        break;
      default:
        throw Error(graph_, "gives values of a kind that is not read here", "export with float32 or int32");
    }
    return output;
  }

  std::string graph_, input_, output_;
  Ort::Session session_{nullptr};
};

}  // namespace

std::unique_ptr<Runner> open_onnx(const Card& card, const Options& options) {
  return std::make_unique<OnnxRuntime>(named_file(card, card.onnx, "onnx"), options);
}

}  // namespace segment
