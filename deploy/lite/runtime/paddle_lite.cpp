// Models of Paddle Lite (.nb). They run on the processors that they were made for; on others they give noise.
#include <paddle_api.h>

#include <sys/stat.h>
#include <algorithm>
#include <mutex>

#include "../../cpp/core/error.h"
#include "open.h"

namespace segment::lite {
namespace {

namespace api = paddle::lite_api;

class PaddleLite : public Runner {
 public:
  PaddleLite(const std::string& path, const Options& options) : path_(path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
      throw Error(path, "is named by model.txt but is not there", "pack the model again");
    }
    api::MobileConfig config;
    config.set_model_from_file(path);
    config.set_threads(std::max(options.threads, 1));
    config.set_power_mode(api::LITE_POWER_HIGH);
    predictor_ = api::CreatePaddlePredictor<api::MobileConfig>(config);
    if (predictor_ == nullptr) throw Error(path, "cannot be loaded", "export the model again, for this processor");
  }

  Tensor run(const Tensor& input) override {
    const std::lock_guard<std::mutex> one_at_a_time(mutex_);
    auto given = predictor_->GetInput(0);
    given->Resize(input.shape);
    std::copy(input.values.begin(), input.values.end(), given->mutable_data<float>());
    predictor_->Run();
    const auto found = predictor_->GetOutput(0);
    Tensor output{found->shape(), {}};
    std::size_t count = 1;
    for (const std::int64_t side : output.shape) count *= static_cast<std::size_t>(side);
    const auto copy = [&](const auto* values) { output.values.assign(values, values + count); };
    if (found->precision() == api::PrecisionType::kInt64) {
      copy(found->data<std::int64_t>());
    } else if (found->precision() == api::PrecisionType::kInt32) {
      copy(found->data<std::int32_t>());
    } else {
      copy(found->data<float>());
    }
    return output;
  }

 private:
  std::string path_;
  std::mutex mutex_;
  std::shared_ptr<api::PaddlePredictor> predictor_;
};

}  // namespace

std::unique_ptr<Runner> open_paddle_lite(const std::string& path, const Options& options) {
  return std::make_unique<PaddleLite>(path, options);
}

}  // namespace segment::lite
