#include "card_file.h"

#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "../core/error.h"

namespace segment {
namespace {

constexpr std::size_t kMostBytes = 1000000;
const char* const kKeys = "docs/howto/inference.md lists the keys";

// A node of the card and the place that errors name.
struct Place {
  YAML::Node node;
  std::string where;

  Place operator[](const std::string& key) const {
    return {node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined), where + "." + key};
  }
  Place at(std::size_t index) const { return {node[index], where + "." + std::to_string(index)}; }

  [[noreturn]] void refuse(const std::string& what) const { throw Error(where, what, kKeys); }

  bool given() const { return node.IsDefined() && !node.IsNull(); }

  std::string text(const std::string& fallback = "") const {
    if (!given()) return fallback;
    if (!node.IsScalar()) refuse("should be a word");
    return node.Scalar();
  }

  double number() const {
    double value = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, value)) refuse("should be a number");
    return value;
  }

  std::size_t length() const {
    if (!given()) return 0;
    if (!node.IsSequence()) refuse("should be a list");
    return node.size();
  }

  void only(const std::set<std::string>& keys) const {
    if (!given()) return;
    if (!node.IsMap()) refuse("should hold keys and values");
    for (const auto& item : node) {
      const std::string key = item.first.IsScalar() ? item.first.Scalar() : "?";
      if (keys.count(key) == 0) throw Error(where + "." + key, "is no key of a card", kKeys);
    }
  }

  bool flag() const {
    const std::string said = text("false");
    if (said != "true" && said != "false") refuse("should be true or false");
    return said == "true";
  }
};

// A card comes from anywhere, and must not name files of the reader's machine.
std::string file_name(const Place& place) {
  const std::string name = place.text();
  std::string plain = name;
  std::replace(plain.begin(), plain.end(), '\\', '/');
  const bool away = (!plain.empty() && plain.front() == '/') || plain.find('\0') != std::string::npos ||
                    (plain.size() > 1 && plain[1] == ':') || ("/" + plain + "/").find("/../") != std::string::npos;
  if (away) place.refuse(name + " leads out of the card's folder");
  return name;
}

std::vector<Step> steps_of(const Place& list, const std::string& name) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < list.length(); ++i) {
    const Place place = list.at(i);
    if (!place.node.IsMap()) place.refuse("should hold type and arguments");
    Step step;
    step.where = name + "." + std::to_string(i);
    step.type = place["type"].text();
    if (step.type.empty()) place.refuse("has no type");
    for (const auto& item : place.node) {
      const std::string key = item.first.IsScalar() ? item.first.Scalar() : "?";
      const Place value = place[key];
      if (key == "type" || key == "label_padding_value" || !value.given()) continue;
      double number = 0;
      if (value.node.IsSequence()) {
        for (std::size_t j = 0; j < value.length(); ++j) step.numbers[key].push_back(value.at(j).number());
      } else if (!value.node.IsScalar()) {
        value.refuse("should be a number, a list of numbers or a word");
      } else if (YAML::convert<double>::decode(value.node, number)) {
        step.numbers[key] = {number};
      } else {
        step.words[key] = value.node.Scalar();
      }
    }
    steps.push_back(step);
  }
  return steps;
}

void read_input(const Place& inputs, Card& card) {
  card.shape = {-1, 3, -1, -1};
  if (inputs.length() > 1) inputs.refuse("are several, and this program gives a picture only");
  if (inputs.length() == 0) return;
  const Place input = inputs.at(0);
  input.only({"name", "kind", "shape", "size", "layout", "color"});
  if (input["kind"].text("image") != "image") input["kind"].refuse("should be image");
  if (input["layout"].text("NCHW") != "NCHW") input["layout"].refuse("should be NCHW");
  const Place shape = input["shape"];
  if (shape.given()) {
    if (shape.length() != 4) shape.refuse("should be N, C, H, W");
    for (std::size_t i = 0; i < 4; ++i) {
      const Place side = shape.at(i);
      if (!side.given()) {
        card.shape[i] = -1;
        continue;
      }
      const double value = side.number();
      if (!(value >= 1 && value <= 65535) || value != static_cast<int>(value)) side.refuse("should be a whole number");
      card.shape[i] = static_cast<int>(value);
    }
  }
  const std::string color = input["color"].text("RGB");
  if (color != "RGB" && color != "GREY") input["color"].refuse("should be RGB or GREY");
  card.channels = color == "GREY" ? 1 : 3;
  if (card.shape[1] > 0 && card.shape[1] != card.channels) {
    shape.refuse("takes " + std::to_string(card.shape[1]) + " channels, and pictures have 3, or 1 with color: GREY");
  }
}

void read_output(const Place& outputs, Card& card) {
  if (outputs.length() == 0) return;
  const Place output = outputs.at(0);
  output.only({"name", "kind", "activation", "multilabel"});
  const std::string kind = output["kind"].text("prob"), activation = output["activation"].text("softmax");
  if (kind == "values") output["kind"].refuse("values are no mask, which is all that this program makes");
  if (kind != "prob" && kind != "logits" && kind != "argmax") {
    output["kind"].refuse("should be prob, logits or argmax, not " + kind);
  }
  if (activation != "softmax" && activation != "sigmoid") output["activation"].refuse("should be softmax or sigmoid");
  card.output.kind = kind == "prob" ? OutputKind::kProb : kind == "logits" ? OutputKind::kLogits : OutputKind::kArgmax;
  card.output.sigmoid = activation == "sigmoid";
  card.output.multilabel = output["multilabel"].flag();
  if (card.output.multilabel && !card.output.sigmoid) output["multilabel"].refuse("needs activation: sigmoid");
}

void read_colors(const Place& colors, Card& card) {
  for (std::size_t i = 0; i < colors.length(); ++i) {
    const Place color = colors.at(i);
    if (color.length() != 3) color.refuse("should be [r, g, b]");
    std::vector<std::uint8_t> rgb;
    for (std::size_t c = 0; c < 3; ++c) {
      const double value = color.at(c).number();
      if (!(value >= 0 && value <= 255)) color.refuse("should be numbers from 0 to 255");
      rgb.push_back(static_cast<std::uint8_t>(value));
    }
    card.colors.push_back(rgb);
  }
  if (!card.colors.empty() && card.colors.size() < card.classes.size()) colors.refuse("are fewer than the classes");
}

std::string read_text(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) throw Error(path, "does not exist", "give the folder that export wrote");
  if (!S_ISREG(found.st_mode)) throw Error(path, "is no file", "give the folder that export wrote");
  if (static_cast<std::size_t>(found.st_size) > kMostBytes) {
    throw Error(path, "is larger than any card", "give the folder that export wrote");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) throw Error(path, "cannot be read", "export the model again");
  return text;
}

Card parsed(const std::string& path, const std::string& folder) {
  const Place root{YAML::Load(read_text(path)), path};
  if (!root.node.IsMap() || !root["card"].given()) root.refuse("is no model's card");
  if (root["card"].number() != 2) root["card"].refuse("is of another version than 2: export the model again");
  root.only({"card",         "name",           "task",     "about",       "model",   "files",
             "inputs",       "preprocess",     "outputs",  "postprocess", "classes", "colors",
             "origin",       "licence",        "sources",  "url",         "sha256",  "bytes",
             "intended_use", "known_failures", "versions", "measured",    "Deploy"});
  Card card;
  card.folder = folder;
  card.name = root["name"].text();
  const Place files = root["files"];
  files.only({"weights", "graph", "params", "onnx", "openvino"});
  card.graph = file_name(files["graph"]);
  card.params = file_name(files["params"]);
  card.onnx = file_name(files["onnx"]);
  card.sha256 = root["sha256"].text();
  read_input(root["inputs"], card);
  read_output(root["outputs"], card);
  card.preprocess = steps_of(root["preprocess"], "preprocess");
  card.postprocess = steps_of(root["postprocess"], "postprocess");
  const Place classes = root["classes"];
  for (std::size_t i = 0; i < classes.length(); ++i) card.classes.push_back(classes.at(i).text());
  read_colors(root["colors"], card);
  return card;
}

}  // namespace

Card read_card(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) throw Error(path, "does not exist", "give the folder that export wrote");
  std::string file = path, folder = path;
  if (S_ISDIR(found.st_mode)) {
    file += "/inference.yml";
    if (stat(file.c_str(), &found) != 0) throw Error(path, "holds no inference.yml", "export the model again");
  } else {
    const auto slash = path.rfind('/');
    folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const auto dot = path.rfind('.');
    const std::string ending = dot == std::string::npos ? "" : path.substr(dot);
    if (ending != ".yml" && ending != ".yaml") {
      throw Error(path, "is no card of a model", "give the folder that export wrote, with inference.yml");
    }
  }
  try {
    return parsed(file, folder);
  } catch (const YAML::Exception& error) {
    throw Error(file, std::string("is not YAML: ") + error.what(), "export the model again");
  }
}

}  // namespace segment
