#include "model_file.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "../../cpp/core/error.h"

namespace segment::lite {
namespace {

constexpr std::size_t kLongest = 1 << 16;  // of the file, in bytes
constexpr const char* kHint = "make it again: python deploy/lite/pack.py";

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {
    std::ifstream file(path_, std::ios::binary);
    if (!file) throw Error(path_, "cannot be read", kHint);
    text_.resize(kLongest + 1);
    file.read(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.resize(static_cast<std::size_t>(file.gcount()));
    if (text_.size() > kLongest) refuse("is too long for a model's description");
  }

  void read(Model& model) {
    std::istringstream lines(text_);
    std::string line;
    std::getline(lines, line);
    if (line != "portrait-lite 1") refuse("is no description of this version");
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string key;
      if (words >> key) take(key, words, model);
    }
    if (model.card.shape.size() != 4) refuse("lacks the input's shape");
    if (model.card.channels != 3) refuse("is of a network that takes no RGB");
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw Error(path_, what, kHint); }

  double number(const std::string& word) const {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    if (word.empty() || *end != 0) refuse("has " + word + " where a number should be");
    return value;
  }

  std::string file(const std::string& name) const {
    if (name.empty() || name.find('/') != std::string::npos || name == "..") refuse("names a file outside its folder");
    return name;
  }

  void take(const std::string& key, std::istringstream& words, Model& model) {
    Card& card = model.card;
    std::string word;
    if (key == "preprocess" || key == "postprocess") {
      auto& steps = key == "preprocess" ? card.preprocess : card.postprocess;
      steps.push_back(step(key + "." + std::to_string(steps.size()), words));
    } else if (key == "shape") {
      while (words >> word) card.shape.push_back(static_cast<std::int64_t>(number(word)));
      if (card.shape.size() == 4) card.channels = static_cast<int>(card.shape[1]);
    } else if (key == "classes") {
      while (words >> word) card.classes.push_back(word);
    } else if (key == "output") {
      while (words >> word) output(word, card.output);
    } else if (words >> word && key == "name") {
      card.name = word;
    } else if (key == "onnx") {
      card.onnx = file(word);
    } else if (key == "lite") {
      model.lite = file(word);
      if (!(words >> model.processor)) refuse("does not say which processors its file of Paddle Lite is for");
    } else {
      refuse("has an unknown line: " + key);
    }
  }

  void output(const std::string& word, Output& found) const {
    if (word == "prob" || word == "logits" || word == "argmax") {
      found.kind = word == "prob" ? OutputKind::kProb : word == "logits" ? OutputKind::kLogits : OutputKind::kArgmax;
    } else if (word == "sigmoid") {
      found.sigmoid = true;
    } else if (word == "multilabel") {
      found.multilabel = true;
    } else {
      refuse("has an unknown kind of output: " + word);
    }
  }

  // TYPE NAME=VALUE NAME=1,2: words where they are no numbers.
  Step step(const std::string& where, std::istringstream& words) const {
    Step found;
    found.where = where;
    words >> found.type;
    std::string word;
    while (words >> word) {
      const auto equals = word.find('=');
      if (equals == std::string::npos) refuse("has an argument without a value: " + word);
      const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
      const char first = value.empty() ? 'x' : value[0];
      if (first != '-' && first != '.' && (first < '0' || first > '9')) {
        found.words[name] = value;
        continue;
      }
      std::istringstream parts(value);
      std::string part;
      while (std::getline(parts, part, ',')) found.numbers[name].push_back(number(part));
    }
    return found;
  }

  std::string path_, text_;
};

}  // namespace

Model read_model(const std::string& folder) {
  Model model;
  model.card.folder = folder;
  Reader(folder + "/model.txt").read(model);
  return model;
}

}  // namespace segment::lite
