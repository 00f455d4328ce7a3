#include "preprocess.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "arguments.h"
#include "error.h"

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

Image padded(ImageView picture, const Move& move) {
  Image result(move.size, picture.channels);
  const std::size_t channels = move.fill.size();
  for (std::size_t i = 0; i < result.values().size(); ++i) result.values()[i] = move.fill[i % channels];
  for (int y = 0; y < picture.size.h; ++y) {
    std::copy_n(picture.row(y), picture.size.w * picture.channels,
                result.row(move.top + y) + move.left * picture.channels);
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
  const auto resize = [where](Size size, Interpolation interpolation) {
    check_size(where, size);
    return Move{size, false, interpolation, 0, 0, {}};
  };
  const auto pad = [where](Size size, int top, int bottom, int left, int right, const auto& fill) {
    const Size larger{size.h + top + bottom, size.w + left + right};
    check_size(where, larger);
    return Move{larger, true, Interpolation::kNearest, top, left, fill};
  };
  const auto scale = [this, resize](auto factor) {
    moves_.emplace_back(
        [resize, factor](Size size) { return resize(scaled(size, factor(size)), Interpolation::kLinear); });
  };

  if (step.type == "Resize") {
    const Size target = arguments.size("target_size", {512, 512});
    const bool keep_ratio = arguments.flag("keep_ratio");
    const int divisor = static_cast<int>(arguments.length("size_divisor", 1));
    const Interpolation interpolation = interpolation_of(arguments);
    moves_.emplace_back([=](Size size) {
      const double inside = std::min(static_cast<double>(target.h) / size.h, static_cast<double>(target.w) / size.w);
      const Size wanted = keep_ratio ? scaled(size, inside) : target;
      const auto up = [divisor](int side) { return (side + divisor - 1) / divisor * divisor; };
      return resize({up(wanted.h), up(wanted.w)}, interpolation);
    });
  } else if (step.type == "ResizeToArea") {
    const Size target = arguments.size("target_size", {144, 256});
    const int divisor = static_cast<int>(arguments.length("size_divisor", 16));
    moves_.emplace_back([=](Size size) {
      const double factor = std::sqrt(static_cast<double>(target.area()) / static_cast<double>(size.area())) / divisor;
      const auto side = [=](int length) { return std::max(rounded(length * factor), 1) * divisor; };
      return resize({side(size.h), side(size.w)}, Interpolation::kLinear);
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
    const bool keep_larger = arguments.flag("keep_larger");
    moves_.emplace_back([=](Size size) {
      if (!keep_larger && (size.h > target.h || size.w > target.w)) {
        throw DataError(where, "gets a picture larger than its target_size", "put a Resize before it");
      }
      return pad(size, 0, std::max(target.h - size.h, 0), 0, std::max(target.w - size.w, 0), fill);
    });
  } else if (step.type == "PaddingByAspectRatio") {
    const double ratio = arguments.number("aspect_ratio", 1);
    if (ratio <= 0) arguments.refuse("aspect_ratio should be above 0");
    const auto fill = fill_of(arguments, channels);
    moves_.emplace_back([=](Size size) {
      const int bottom = std::max(rounded(size.w / ratio) - size.h, 0);
      const int right = bottom > 0 ? 0 : std::max(rounded(size.h * ratio) - size.w, 0);
      return pad(size, 0, bottom, 0, right, fill);
    });
  } else if (step.type == "ScalePadding") {
    const Size target = arguments.size("target_size", {512, 512});
    const auto fill = fill_of(arguments, channels);
    moves_.emplace_back([=](Size size) {
      const int side = std::max(size.h, size.w), down = side - size.h, across = side - size.w;
      return pad(size, down / 2, down - down / 2, across / 2, across - across / 2, fill);
    });
    moves_.emplace_back([=](Size) { return resize(target, Interpolation::kCubic); });
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

std::vector<Move> Preprocessor::plan(Size size) const {
  std::vector<Move> moves;
  for (const auto& move : moves_) {
    moves.push_back(move(size));
    size = moves.back().size;
  }
  return moves;
}

Prepared Preprocessor::operator()(ImageView picture) const {
  Image own;  // where `picture` is once a step has changed it
  Geometry geometry(picture.size);
  for (const Move& move : plan(picture.size)) {
    const Size before = picture.size;
    if (move.pads) {
      geometry.pad(move.top, move.size.h - before.h - move.top, move.left, move.size.w - before.w - move.left);
    } else {
      geometry.resize(move.size);
    }
    if (!move.pads && move.size == before) continue;
    Image made = move.pads ? padded(picture, move) : resized(picture, move.size, move.interpolation);
    own = std::move(made);
    picture = view(own);
  }
  const Size size = picture.size;
  const auto channels = static_cast<std::size_t>(picture.channels);
  Prepared prepared{std::vector<float>(size.area() * channels), geometry};
  for (std::size_t c = 0; c < channels; ++c) {
    const float scale = scale_[c], shift = shift_[c];
    float* out = prepared.tensor.data() + c * size.area();
    for (int y = 0; y < size.h; ++y) {
      const std::uint8_t* from = picture.row(y) + c;
      for (int x = 0; x < size.w; ++x, from += channels) *out++ = static_cast<float>(*from) * scale + shift;
    }
  }
  return prepared;
}

}  // namespace segment
