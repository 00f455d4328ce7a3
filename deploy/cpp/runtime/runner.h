// Engines that run a network, behind one small interface. Which of them a build has is chosen in CMakeLists.txt.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../core/card.h"

namespace segment {

struct Options {
  std::string runtime;             // "onnx" or "paddle"; empty: the first that reads the card's files
  std::string device = "cpu";      // "cpu" or "gpu"
  int device_id = 0;               // which of several
  int threads = 0;                 // CPU threads of one picture; 0 leaves the choice to the engine
  bool tensorrt = false;           // on a GPU
  std::string precision = "fp32";  // of TensorRT: "fp32" or "fp16"
};

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

// Runs one network. Several threads may call it.
class Runner {
 public:
  virtual ~Runner() = default;
  // The main output for a picture's tensor (N, C, h, w); class numbers come as floats too.
  virtual Tensor run(const Tensor& input) = 0;
};

std::unique_ptr<Runner> open_onnx(const Card& card, const Options& options);
std::unique_ptr<Runner> open_paddle(const Card& card, const Options& options);

// The engines of this build.
std::vector<std::string> runtimes();

// Raises Error: no such runtime, a file is missing or damaged, or the device cannot be used.
std::unique_ptr<Runner> open_runner(const Card& card, const Options& options);

// A file that a card names. Raises Error where it names none, or where it is not there.
std::string named_file(const Card& card, const std::string& name, const std::string& what);

// What an engine's message of many lines ends with, which is where it says what is wrong.
std::string last_line(const std::string& message);

// Threads of one picture: as asked, else as OMP_NUM_THREADS says.
int threads_of(const Options& options);

}  // namespace segment
