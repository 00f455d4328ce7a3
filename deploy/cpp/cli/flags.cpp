#include "flags.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <map>

#include "../core/error.h"
#include "writer.h"

namespace segment {
namespace {

const char* const kHelp = R"(usage: segment --model_path MODEL (--image_path PATH | --video_path CLIP) [flags]

Segment pictures and clips with a model that `paddleseg export` wrote.

  --model_path MODEL    the folder that export wrote, or a card's file
  --image_path PATH     an image, or a folder (sub-folders are kept)
  --video_path CLIP     a clip; its overlay is a clip, everything else a folder of numbered pictures
  --save_dir DIR        where the results go (default: ./output/result)
  --outputs KIND ...    mask, overlay, alpha, cutout (default: mask overlay)
  --mask_values G ...   greys of the classes in mask, as in 0 255; the class numbers by default
  --runtime NAME        onnx or paddle; by default the first that reads the model's files
  --device NAME         cpu or gpu (default: cpu)
  --device_id N         which of several
  --threads N           CPU threads of one picture
  --tensorrt            on a GPU
  --precision NAME      of TensorRT: fp32 or fp16

example: segment --model_path output/export --image_path photos/ --outputs mask cutout
)";

int number(const std::string& flag, const std::string& text) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) {
    throw Error(flag, "should be a whole number, not " + text, "segment --help lists the flags");
  }
  return value;
}

void check(const Flags& flags) {
  if (flags.model_path.empty()) throw Error("--model_path", "is not given", "name the folder that export wrote");
  if (flags.image_path.empty() == flags.video_path.empty()) {
    throw Error("--image_path",
                flags.image_path.empty() ? "is not given, nor is --video_path" : "and --video_path are given",
                "give one of the two");
  }
  const auto kinds = Writer::kinds();
  for (const auto& kind : flags.outputs) {
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
      throw Error("--outputs", kind + " is none that this program makes",
                  "choose among mask, overlay, alpha and cutout");
    }
  }
  const auto wrong = [](int grey) { return grey < 0 || grey > 255; };
  if (flags.mask_values.size() == 1 || std::any_of(flags.mask_values.begin(), flags.mask_values.end(), wrong)) {
    throw Error("--mask_values", "should be two or more grey values from 0 to 255", "such as: 0 255");
  }
}

}  // namespace

std::optional<Flags> read_flags(const std::vector<std::string>& arguments) {
  Flags flags;
  const std::map<std::string, std::string*> words = {
      {"--model_path", &flags.model_path},      {"--image_path", &flags.image_path},
      {"--video_path", &flags.video_path},      {"--save_dir", &flags.save_dir},
      {"--runtime", &flags.options.runtime},    {"--device", &flags.options.device},
      {"--precision", &flags.options.precision}};
  const std::map<std::string, int*> numbers = {{"--device_id", &flags.options.device_id},
                                               {"--threads", &flags.options.threads}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string flag = arguments[i];
    std::vector<std::string> values;
    if (const auto equals = flag.find('='); flag.rfind("--", 0) == 0 && equals != std::string::npos) {
      values.push_back(flag.substr(equals + 1));
      flag.resize(equals);
    }
    if (flag == "--help" || flag == "-h") {
      std::cout << kHelp;
      return std::nullopt;
    }
    while (i + 1 < arguments.size() && arguments[i + 1].rfind("--", 0) != 0) values.push_back(arguments[++i]);
    const bool one = words.count(flag) != 0 || numbers.count(flag) != 0;
    const bool many = flag == "--outputs" || flag == "--mask_values";
    if (!one && !many && flag != "--tensorrt") {
      throw Error(flag, "is no flag of this program", "segment --help lists the flags");
    }
    if ((one && values.size() != 1) || (many && values.empty()) || (flag == "--tensorrt" && !values.empty())) {
      throw Error(flag,
                  one    ? "should have one value"
                  : many ? "should have values"
                         : "has no value",
                  "segment --help lists the flags");
    }
    if (words.count(flag) != 0) *words.at(flag) = values.front();
    if (numbers.count(flag) != 0) *numbers.at(flag) = number(flag, values.front());
    if (flag == "--outputs") flags.outputs = values;
    if (flag == "--tensorrt") flags.options.tensorrt = true;
    if (flag == "--mask_values") {
      flags.mask_values.clear();
      for (const auto& value : values) flags.mask_values.push_back(number(flag, value));
    }
  }
  check(flags);
  return flags;
}

}  // namespace segment
