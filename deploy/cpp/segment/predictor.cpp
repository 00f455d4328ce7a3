#include "predictor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <sstream>
#include <utility>

#include "../core/error.h"

namespace segment {
namespace {

double ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::string text(const std::vector<std::int64_t>& shape) {
  std::ostringstream out;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    out << (i == 0 ? "[" : ", ");
    if (shape[i] < 0) {
      out << "any";
    } else {
      out << shape[i];
    }
  }
  return out.str() + "]";
}

std::string called(const Card& card) { return card.name.empty() ? "the graph" : card.name; }

// The graph's output (N, C, h, w), of a picture that stands first; of argmax graphs (N, h, w) or (N, 1, h, w).
Planes planes_of(const Tensor& output, Size size, const Card& card) {
  const auto& shape = output.shape;
  const bool flat = shape.size() == 3 && card.output.kind == OutputKind::kArgmax;
  const std::size_t channels = flat ? 1 : shape.size() == 4 && shape[1] > 0 ? static_cast<std::size_t>(shape[1]) : 0;
  const bool fits = channels > 0 && shape[0] >= 1 && shape[shape.size() - 2] == size.h && shape.back() == size.w;
  if (!fits || channels > 256 || (card.output.kind == OutputKind::kArgmax && channels != 1)) {
    throw Error(called(card), "gives an output of shape " + text(shape) + ", which its card does not describe",
                "export the model again, with its card");
  }
  Planes planes;
  for (std::size_t c = 0; c < channels; ++c) {
    Plane plane(size);
    std::copy_n(output.values.begin() + static_cast<std::ptrdiff_t>(c * size.area()), size.area(),
                plane.values().begin());
    planes.push_back(std::move(plane));
  }
  return planes;
}

}  // namespace

Image Result::mask() const {
  if (!output.multilabel) return masks.front();
  Image numbers(masks.front().size());
  for (std::size_t c = 0; c < masks.size(); ++c) {
    for (std::size_t i = 0; i < numbers.values().size(); ++i) {
      if (masks[c].values()[i] != 0) numbers.values()[i] = static_cast<std::uint8_t>(c + 1);
    }
  }
  return numbers;
}

Image Result::opacity() const {
  if (!values.empty()) return opacity_of(foreground_of(values, output));
  Image opaque = masks.front();
  for (auto& value : opaque.values()) value = value > 0 ? 255 : 0;
  return opaque;
}

Predictor::Predictor(Card card, std::unique_ptr<Runner> runner)
    : card_(std::move(card)),
      prepare_(card_.preprocess, card_.channels),
      finish_(card_),
      runner_(std::move(runner)) {}

Result Predictor::operator()(ImageView picture) const {
  if (picture.data == nullptr || picture.size.h < 1 || picture.size.w < 1 || picture.channels != card_.channels) {
    throw Error("picture", "should have " + std::to_string(card_.channels) + " channels and at least one pixel", "");
  }
  auto start = std::chrono::steady_clock::now();
  const Prepared prepared = prepare_(picture);
  const double pre = ms_since(start);
  start = std::chrono::steady_clock::now();
  Planes values = run(prepared);
  const double net = ms_since(start);
  start = std::chrono::steady_clock::now();
  Result result = complete(std::move(values), prepared.geometry, picture);
  result.timing = {pre, net, ms_since(start)};
  return result;
}

Planes Predictor::run(const Prepared& prepared) const {
  Planes values = outputs(prepared);
  if (card_.output.kind == OutputKind::kArgmax) return values;
  if (card_.output.kind == OutputKind::kLogits) activate(values, card_.output.sigmoid);
  if (values.size() == 2 && !card_.output.sigmoid) values.erase(values.begin());  // nothing is done twice
  return values;
}

Result Predictor::complete(Planes values, const Geometry& geometry, ImageView picture) const {
  Result result;
  result.output = card_.output;
  if (card_.output.kind == OutputKind::kArgmax) {
    Image classes(values.front().size());
    std::transform(values.front().values().begin(), values.front().values().end(), classes.values().begin(),
                   [](float value) { return static_cast<std::uint8_t>(std::clamp(value, 0.F, 255.F)); });
    result.masks.push_back(geometry.invert(std::move(classes)));
    return result;
  }
  Frame frame{std::move(values), picture, geometry, finish_.threshold(), {}};
  finish_(frame);
  if (frame.masks.empty() || frame.masks.front().size() != picture.size) {
    throw Error(called(card_), "its postprocessing makes no mask of the picture's size",
                "add the steps to_picture and to_mask to its card");
  }
  result.masks = std::move(frame.masks);
  result.values = std::move(frame.values);
  return result;
}

Planes Predictor::outputs(const Prepared& prepared) const {
  const Size size = prepared.geometry.size();
  const std::int64_t batch = std::max<std::int64_t>(card_.shape[0], 1);
  Tensor input{{batch, card_.channels, size.h, size.w}, prepared.tensor};
  for (std::size_t i = 0; i < card_.shape.size(); ++i) {
    if (card_.shape[i] >= 0 && card_.shape[i] != input.shape[i]) {
      throw Error(called(card_),
                  "takes inputs of shape " + text(card_.shape) + ", but the card's steps gave " + text(input.shape),
                  "correct `preprocess`, or export with open height and width");
    }
  }
  for (std::int64_t i = 1; i < batch; ++i) {  // a graph of a fixed batch takes no other
    input.values.insert(input.values.end(), prepared.tensor.begin(), prepared.tensor.end());
  }
  const Tensor output = runner_->run(input);
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(output.values.begin(), output.values.end(), finite)) {
    throw Error(called(card_), "gives values that are no numbers (NaN or infinity)",
                "its weights are damaged: train it anew");
  }
  return planes_of(output, size, card_);
}

}  // namespace segment
