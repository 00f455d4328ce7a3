// What deploy/lite uses of Paddle Lite 2.13, so that it can be linked with the library of the Python wheel, which comes
// without headers. For tests on x86-64 alone: shipped programs are built with Paddle Lite's own header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace paddle::lite_api {

enum PowerMode { LITE_POWER_HIGH = 0, LITE_POWER_NO_BIND = 3 };
enum class TargetType : int { kHost = 1 };
enum class PrecisionType : int { kFloat = 1, kInt8 = 2, kInt32 = 3, kInt64 = 6 };

struct Tensor {
  void Resize(const std::vector<std::int64_t>& shape);
  template <typename T>
  const T* data() const;
  template <typename T>
  T* mutable_data(TargetType type = TargetType::kHost) const;
  std::vector<std::int64_t> shape() const;
  PrecisionType precision() const;

 private:
  void* raw_;
};

// Calls go by place in the table: Run is the third.
class PaddlePredictor {
 public:
  virtual std::unique_ptr<Tensor> GetInput(int i) = 0;
  virtual std::unique_ptr<const Tensor> GetOutput(int i) const = 0;
  virtual void Run() = 0;
};

class ConfigBase {
 public:
  explicit ConfigBase(PowerMode mode = LITE_POWER_NO_BIND, int threads = 1);
  ~ConfigBase();
  void set_threads(int threads);
  void set_power_mode(PowerMode mode);

 private:
  alignas(8) unsigned char members_[0x210];
};

class MobileConfig : public ConfigBase {
 public:
  void set_model_from_file(const std::string& path);

 private:
  bool from_memory_ = false;
  int precision_ = 0;
  std::string model_, old_model_, old_params_;
};

template <typename Config>
std::shared_ptr<PaddlePredictor> CreatePaddlePredictor(const Config& config);

}  // namespace paddle::lite_api
