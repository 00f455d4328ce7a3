// The run contract of a model, as docs/howto/inference.md explains its keys; reading the file is not the core's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace segment {

// A step of pre- or postprocessing: its arguments are numbers, lists of numbers, or words.
struct Step {
  std::string where;  // such as "preprocess.0", for errors
  std::string type;
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::string> words;
};

enum class OutputKind { kProb, kLogits, kArgmax };

struct Output {
  OutputKind kind = OutputKind::kProb;
  bool sigmoid = false;
  bool multilabel = false;
};

struct Card {
  std::string name;
  std::string folder;
  std::string graph, params, onnx;  // files in the folder; empty where the card names none
  std::string sha256;               // of params
  int channels = 3;
  std::vector<std::int64_t> shape;  // N, C, H, W of the graph's input; -1 where any value goes
  std::vector<Step> preprocess, postprocess;
  Output output;
  std::vector<std::string> classes;
  std::vector<std::vector<std::uint8_t>> colors;
};

}  // namespace segment
