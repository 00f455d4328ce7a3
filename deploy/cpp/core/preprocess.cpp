#include "preprocess.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "arguments.h"
#include "error.h"
#include "resize.h"

namespace segment {
namespace {

constexpr int kLongestSide = 32767;
constexpr std::size_t kMostPixels = std::size_t{1} << 28;

// As Python rounds: halves to the even number.
int rounded(double value) { return static_cast<int>(std::nearbyint(std::min(value, 1e9))); }

Size scaled(Size size, double factor) {
  return {std::max(rounded(size.h * factor), 1), std::max(rounded(size.w * factor), 1)};
}

Interpolation interpolation_of(Arguments& arguments) {
  static const std::map<std::string, Interpolation> kinds = {{"NEAREST", Interpolation::kNearest},
                                                             {"LINEAR", Interpolation::kLinear},
                                                             {"CUBIC", Interpolation::kCubic},
                                                             {"AREA", Interpolation::kArea}};
  const std::string name = arguments.word("interp", "LINEAR");
  const auto found = kinds.find(name);
  if (found == kinds.end()) arguments.refuse("interp should be NEAREST, LINEAR, CUBIC or AREA, not " + name);
  return found->second;
}

std::vector<std::uint8_t> fill_of(Arguments& arguments, int channels) {
  const auto values = arguments.numbers("im_padding_value", {127.5});
  if (values.size() != 1 && values.size() != static_cast<std::size_t>(channels)) {
    arguments.refuse("im_padding_value should be one number, or one for each channel");
  }
  std::vector<std::uint8_t> fill;
  for (int c = 0; c < channels; ++c) {
    const double value = values.size() == 1 ? values[0] : values[static_cast<std::size_t>(c)];
    fill.push_back(static_cast<std::uint8_t>(std::clamp(std::nearbyint(value), 0.0, 255.0)));
  }
  return fill;
}

Image padded(ImageView picture, int top, int bottom, int left, int right, const std::vector<std::uint8_t>& fill) {
  Image result({picture.size.h + top + bottom, picture.size.w + left + right}, picture.channels);
  const std::size_t channels = fill.size();
  for (std::size_t i = 0; i < result.values().size(); ++i) result.values()[i] = fill[i % channels];
  for (int y = 0; y < picture.size.h; ++y) {
    std::copy_n(picture.row(y), picture.size.w * picture.channels, result.row(top + y) + left * picture.channels);
  }
  return result;
}

void check_size(const std::string& where, Size size) {
  if (std::max(size.h, size.w) > kLongestSide || size.area() > kMostPixels) {
    throw DataError(where, "asks for a picture of " + std::to_string(size.w) + "x" + std::to_string(size.h) + " pixels",
                    "sides end at 32767, areas at 268 million pixels");
  }
}

}  // namespace

Preprocessor::Preprocessor(const std::vector<Step>& steps, int channels)
    : scale_(static_cast<std::size_t>(channels), 1.F), shift_(static_cast<std::size_t>(channels), 0.F) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (i > 0 && steps[i - 1].type == "Normalize") {
      throw Error(steps[i].where, steps[i].type + " stands after Normalize", "put Normalize last");
    }
    add(steps[i], channels);
  }
}

void Preprocessor::add(const Step& step, int channels) {
  Arguments arguments(step);
  const std::string where = step.where + " " + step.type;
  const auto resize = [where](State& state, Size size, Interpolation interpolation) {
    check_size(where, size);
    if (size != state.picture.size) {
      Image made = resized(state.picture, size, interpolation);
      state.own = std::move(made);
      state.picture = view(state.own);
    }
    state.geometry.resize(size);
  };
  const auto pad = [where](State& state, int top, int bottom, int left, int right, const auto& fill) {
    check_size(where, {state.picture.size.h + top + bottom, state.picture.size.w + left + right});
    Image made = padded(state.picture, top, bottom, left, right, fill);
    state.own = std::move(made);
    state.picture = view(state.own);
    state.geometry.pad(top, bottom, left, right);
  };
  const auto scale = [this, resize](auto factor) {
    moves_.push_back([resize, factor](State& state) {
      const Size size = state.picture.size;
      resize(state, scaled(size, factor(size)), Interpolation::kLinear);
    });
  };

  if (step.type == "Resize") {
    const Size target = arguments.size("target_size", {512, 512});
    const bool keep_ratio = arguments.flag("keep_ratio");
    const int divisor = static_cast<int>(arguments.length("size_divisor", 1));
    const Interpolation interpolation = interpolation_of(arguments);
    moves_.push_back([=](State& state) {
      const Size size = state.picture.size;
      const double inside = std::min(static_cast<double>(target.h) / size.h, static_cast<double>(target.w) / size.w);
      const Size wanted = keep_ratio ? scaled(size, inside) : target;
      const auto up = [divisor](int side) { return (side + divisor - 1) / divisor * divisor; };
      resize(state, {up(wanted.h), up(wanted.w)}, interpolation);
    });
  } else if (step.type == "ResizeToArea") {
    const Size target = arguments.size("target_size", {144, 256});
    const int divisor = static_cast<int>(arguments.length("size_divisor", 16));
    moves_.push_back([=](State& state) {
      const Size size = state.picture.size;
      const double factor = std::sqrt(static_cast<double>(target.area()) / static_cast<double>(size.area())) / divisor;
      const auto side = [=](int length) { return std::max(rounded(length * factor), 1) * divisor; };
      resize(state, {side(size.h), side(size.w)}, Interpolation::kLinear);
    });
  } else if (step.type == "ResizeByLong") {
    const double side = arguments.length("long_size");
    scale([side](Size size) { return side / std::max(size.h, size.w); });
  } else if (step.type == "ResizeByShort") {
    const double side = arguments.length("short_size"), most = arguments.number("max_size", 1e10);
    if (most < 1) arguments.refuse("max_size should be 1 or more");
    scale([=](Size size) { return std::min(side / std::min(size.h, size.w), most / std::max(size.h, size.w)); });
  } else if (step.type == "LimitLong") {
    const double least = arguments.length("min_long", 1);
    const bool bounded = arguments.given("max_long");
    const double most = bounded ? arguments.length("max_long") : std::numeric_limits<double>::infinity();
    if (least > most) arguments.refuse("min_long should not be larger than max_long");
    scale([=](Size size) {
      const double side = std::max(size.h, size.w);
      return std::min(std::max(side, least), most) / side;
    });
  } else if (step.type == "Padding") {
    const Size target = arguments.size("target_size", {512, 512});
    const auto fill = fill_of(arguments, channels);
    moves_.push_back([=](State& state) {
      const Size size = state.picture.size;
      if (size.h > target.h || size.w > target.w) {
        throw DataError(where, "gets a picture larger than its target_size", "put a Resize before it");
      }
      pad(state, 0, target.h - size.h, 0, target.w - size.w, fill);
    });
  } else if (step.type == "PaddingByAspectRatio") {
    const double ratio = arguments.number("aspect_ratio", 1);
    if (ratio <= 0) arguments.refuse("aspect_ratio should be above 0");
    const auto fill = fill_of(arguments, channels);
    moves_.push_back([=](State& state) {
      const Size size = state.picture.size;
      const int bottom = std::max(rounded(size.w / ratio) - size.h, 0);
      const int right = bottom > 0 ? 0 : std::max(rounded(size.h * ratio) - size.w, 0);
      pad(state, 0, bottom, 0, right, fill);
    });
  } else if (step.type == "ScalePadding") {
    const Size target = arguments.size("target_size", {512, 512});
    const auto fill = fill_of(arguments, channels);
    moves_.push_back([=](State& state) {
      const Size size = state.picture.size;
      const int side = std::max(size.h, size.w), down = side - size.h, across = side - size.w;
      pad(state, down / 2, down - down / 2, across / 2, across - across / 2, fill);
      resize(state, target, Interpolation::kCubic);
    });
  } else if (step.type == "Normalize") {
    const auto mean = arguments.numbers("mean", {0.5}), std = arguments.numbers("std", {0.5});
    const auto all = static_cast<std::size_t>(channels);
    for (const auto* values : {&mean, &std}) {
      if (values->size() != 1 && values->size() != all) {
        arguments.refuse("mean and std should be one number, or one for each channel");
      }
    }
    for (std::size_t c = 0; c < all; ++c) {
      const double m = mean[mean.size() == 1 ? 0 : c], s = std[std.size() == 1 ? 0 : c];
      if (s <= 0) arguments.refuse("std should be above 0");
      scale_[c] = static_cast<float>(1 / (255 * s));
      shift_[c] = static_cast<float>(-m / s);
    }
  } else {
    throw Error(step.where + ".type", step.type + " is no step that this program has",
                "docs/howto/deploy_cpp.md lists those that it has; export with export.transforms of these");
  }
  arguments.done();
}

Prepared Preprocessor::operator()(ImageView picture) const {
  State state{picture, {}, Geometry(picture.size)};
  for (const auto& move : moves_) move(state);
  const Size size = state.picture.size;
  const auto channels = static_cast<std::size_t>(picture.channels);
  Prepared prepared{std::vector<float>(size.area() * channels), state.geometry};
  for (std::size_t c = 0; c < channels; ++c) {
    const float scale = scale_[c], shift = shift_[c];
    float* out = prepared.tensor.data() + c * size.area();
    for (int y = 0; y < size.h; ++y) {
      const std::uint8_t* from = state.picture.row(y) + c;
      for (int x = 0; x < size.w; ++x, from += channels) *out++ = static_cast<float>(*from) * scale + shift;
    }
  }
  return prepared;
}

}  // namespace segment
