#include "runner.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "../core/error.h"

namespace segment {
namespace {

void check(const Options& options) {
  if (options.threads < 0 || options.threads > 1024) {
    throw Error("threads", "should lie between 0 and 1024, not " + std::to_string(options.threads), "");
  }
  if (options.device_id < 0) throw Error("device_id", "should be 0 or more", "");
  if (options.device != "cpu" && options.device != "gpu") {
    throw Error("device", "should be cpu or gpu, not " + options.device, "");
  }
  if (options.precision != "fp32" && options.precision != "fp16") {
    throw Error("precision", "should be fp32 or fp16, not " + options.precision, "");
  }
  if (options.precision != "fp32" && !options.tensorrt) {
    throw Error("precision", options.precision + " is TensorRT's", "add --tensorrt, or leave --precision out");
  }
  if (options.tensorrt && options.device != "gpu") {
    throw Error("tensorrt", "needs a GPU, but the device is " + options.device, "add --device gpu");
  }
}

}  // namespace

std::vector<std::string> runtimes() {
  std::vector<std::string> names;
#ifdef SEGMENT_ONNX
  names.emplace_back("onnx");
#endif
#ifdef SEGMENT_PADDLE
  names.emplace_back("paddle");
#endif
  return names;
}

std::unique_ptr<Runner> open_runner(const Card& card, const Options& options) {
  check(options);
  const auto here = runtimes();
  const auto has = [&here](const std::string& name) { return std::find(here.begin(), here.end(), name) != here.end(); };
  std::string chosen = options.runtime;
  if (chosen.empty()) {
    if (!card.onnx.empty() && has("onnx")) chosen = "onnx";
    if (chosen.empty() && !card.graph.empty() && has("paddle")) chosen = "paddle";
    if (chosen.empty()) {
      throw Error(card.folder, "its card names no file for the runtimes of this build (" + here.front() + ")",
                  has("onnx") ? "export with --to onnx" : "build with -DONNXRUNTIME_ROOT");
    }
  }
  if (chosen != "onnx" && chosen != "paddle") {
    throw Error("runtime", "should be onnx or paddle, not " + chosen, "");
  }
  if (!has(chosen)) {
    const std::string root = chosen == "onnx" ? "-DONNXRUNTIME_ROOT" : "-DPADDLE_INFERENCE_ROOT";
    throw Error("runtime " + chosen, "is not in this build", "build with " + root);
  }
#ifdef SEGMENT_ONNX
  if (chosen == "onnx") return open_onnx(card, options);
#endif
#ifdef SEGMENT_PADDLE
  if (chosen == "paddle") return open_paddle(card, options);
#endif
  return nullptr;  // never reached
}

std::string named_file(const Card& card, const std::string& name, const std::string& what) {
  if (name.empty()) {
    throw Error(card.folder, "its card names no " + what + " file",
                what == "onnx" ? "export with --to onnx" : "export the model again");
  }
  const std::string path = card.folder + "/" + name;
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
    throw Error(path, "is named by the card but is not there", "export the model again");
  }
  if (name.size() > 3 && name.substr(name.size() - 3) == ".nb") {
    throw Error(path, "is a Paddle Lite model, which runs on the kind of processor that it was made for only",
                "give the folder that export wrote, with model.onnx or model.json");
  }
  return path;
}

std::string last_line(const std::string& message) {
  std::istringstream lines(message);
  std::string found = "no reason given", line;
  while (std::getline(lines, line)) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos) continue;
    if (line[first] != '[' || found == "no reason given") found = line.substr(first);
  }
  return found;
}

int threads_of(const Options& options) {
  if (options.threads > 0) return options.threads;
  const char* said = std::getenv("OMP_NUM_THREADS");
  return said == nullptr ? 0 : std::clamp(std::atoi(said), 0, 1024);
}

}  // namespace segment
