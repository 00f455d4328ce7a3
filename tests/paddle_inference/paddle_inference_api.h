// A stand-in for the header of Paddle Inference, which the Python wheel does not carry, so that the C++ program can be
// tested against the wheel's library. It declares what the program uses, with the binary interface of Paddle 3.2 on
// Linux; build with the official header for anything but this test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace paddle {

class AnalysisConfig {
 public:
  enum class Precision { kFloat32 = 0, kInt8, kHalf, kBf16 };

  AnalysisConfig(const std::string& graph, const std::string& params);
  AnalysisConfig(const AnalysisConfig& other);
  ~AnalysisConfig();

  void DisableGlogInfo();
  void DisableGpu();
  void EnableONEDNN();
  void EnableMemoryOptim(bool on = true);
  void EnableNewExecutor(bool on);
  void EnableNewIR(bool on);
  void EnableTensorRtEngine(std::int64_t workspace, int max_batch, int min_subgraph, Precision precision, bool use_static,
                            bool calibrate, bool cuda_graph = false);
  void EnableUseGpu(std::uint64_t memory_mb, int id = 0, Precision precision = Precision::kFloat32);
  void SetCpuMathLibraryNumThreads(int threads);
  bool use_gpu() const;

 private:
  alignas(16) unsigned char room_[1 << 14];  // more than the class takes
};

}  // namespace paddle

namespace paddle_infer {

using Config = paddle::AnalysisConfig;
using PrecisionType = Config::Precision;

enum DataType { FLOAT32, INT64, INT32 };

class Tensor {
 public:
  void Reshape(const std::vector<int>& shape);
  template <typename T>
  void CopyFromCpu(const T* data);
  template <typename T>
  void CopyToCpu(T* data) const;
  std::vector<int> shape() const;
  DataType type() const;

 private:
  std::string name_;
  unsigned char room_[256];
};

class Predictor {
 public:
  std::vector<std::string> GetInputNames();
  std::vector<std::string> GetOutputNames();
  std::unique_ptr<Tensor> GetInputHandle(const std::string& name);
  std::unique_ptr<Tensor> GetOutputHandle(const std::string& name);
  bool Run();
  std::unique_ptr<Predictor> Clone(void* stream = nullptr);

 private:
  void* predictor_;  // which clones do not give back here
};

std::shared_ptr<Predictor> CreatePredictor(const Config& config);
std::tuple<int, int, int> GetTrtCompileVersion();

}  // namespace paddle_infer
