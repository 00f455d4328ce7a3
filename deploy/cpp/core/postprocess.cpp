#include "postprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "arguments.h"
#include "edges.h"
#include "error.h"
#include "pieces.h"

namespace segment {
namespace {

// Probabilities that differ by less are a tie: runtimes differ by about 1e-6.
constexpr float kTie = 2e-5F;
constexpr int kRim = 2;  // pixels around a speck, where its probability fades out

Image above(const Plane& plane, double threshold) {
  const auto limit = static_cast<float>(threshold + 2e-5 / 2);
  Image inside(plane.size());
  std::transform(plane.values().begin(), plane.values().end(), inside.values().begin(),
                 [limit](float value) { return static_cast<std::uint8_t>(value > limit ? 1 : 0); });
  return inside;
}

void set(Planes& values, int y, int x, float foreground) {
  values.back().row(y)[x] = foreground;
  if (values.size() == 2) values.front().row(y)[x] = 1 - foreground;
}

// 1 where the pixels of some regions are, given by their numbers; empty where there are none.
Image marked(const Regions& regions, const std::vector<char>& chosen, Size size) {
  if (std::find(chosen.begin(), chosen.end(), 1) == chosen.end()) return {};
  Image marks(size);
  for (const auto& run : regions.runs) {
    if (chosen[static_cast<std::size_t>(run.region)] != 0) {
      std::fill(marks.row(run.y) + run.left, marks.row(run.y) + run.right, std::uint8_t{1});
    }
  }
  return marks;
}

// Some regions of foreground become background, with their soft rims.
void clear(Planes& values, const Image& inside, const Regions& regions, const std::vector<char>& dropped) {
  const Size size = inside.size();
  const Image marks = marked(regions, dropped, size);
  if (marks.empty()) return;
  for (const auto& run : regions.runs) {
    if (dropped[static_cast<std::size_t>(run.region)] == 0) continue;
    for (int y = std::max(run.y - kRim, 0); y <= std::min(run.y + kRim, size.h - 1); ++y) {
      for (int x = std::max(run.left - kRim, 0); x < std::min(run.right + kRim, size.w); ++x) {
        if (inside.row(y)[x] == 0 || marks.row(y)[x] != 0) set(values, y, x, 0);
      }
    }
  }
}

// Pieces of foreground that are much smaller than the largest one become background.
void drop_specks(Planes& values, double threshold, double smallest) {
  const Image inside = above(values.back(), threshold);
  const Regions regions = regions_of(inside);
  std::int64_t largest = 0;
  for (const auto& region : regions.all) {
    if (region.inside) largest = std::max(largest, region.area);
  }
  std::vector<char> small;
  for (const auto& region : regions.all) {
    const bool is_small = static_cast<double>(region.area) < smallest * static_cast<double>(largest);
    small.push_back(region.inside && is_small ? 1 : 0);
  }
  clear(values, inside, regions, small);
}

// Pieces of foreground whose probability is nowhere above the peak become background.
void drop_faint(Planes& values, double threshold, double peak) {
  const Image inside = above(values.back(), threshold);
  const Image sure = above(values.back(), peak);
  const Regions regions = regions_of(inside);
  std::vector<char> faint;
  for (const auto& region : regions.all) faint.push_back(region.inside ? 1 : 0);
  for (const auto& run : regions.runs) {
    const auto* row = sure.row(run.y);
    if (std::find(row + run.left, row + run.right, 1) != row + run.right) {
      faint[static_cast<std::size_t>(run.region)] = 0;
    }
  }
  clear(values, inside, regions, faint);
}

// Holes that are small beside their piece become foreground, and what lies in them.
void fill_holes(Planes& values, double threshold, double largest) {
  const Size size = values.back().size();
  const Regions regions = regions_of(above(values.back(), threshold));
  std::vector<char> filled;
  for (const auto& region : regions.all) {
    if (region.parent < 0) {
      filled.push_back(0);
      continue;
    }
    const auto around = static_cast<std::size_t>(region.parent);
    const double most = largest * static_cast<double>(regions.all[around].area);
    const bool is_small = !region.inside && static_cast<double>(region.within) < most;
    filled.push_back(is_small || filled[around] != 0 ? 1 : 0);
  }
  const Image holes = marked(regions, filled, size);
  if (holes.empty()) return;
  const auto is_hole = [&](int y, int x) {
    return y >= 0 && x >= 0 && y < size.h && x < size.w && holes.row(y)[x] != 0;
  };
  for (int y = 0; y < size.h; ++y) {
    for (int x = 0; x < size.w; ++x) {  // with the edge of the piece, which is soft
      if (is_hole(y, x) || is_hole(y - 1, x) || is_hole(y + 1, x) || is_hole(y, x - 1) || is_hole(y, x + 1)) {
        set(values, y, x, 1);
      }
    }
  }
}

void to_mask(Frame& frame, const Output& output, double threshold) {
  const Planes& values = frame.values;
  frame.masks.clear();
  if (output.multilabel) {
    for (const Plane& plane : values) frame.masks.push_back(above(plane, threshold));
    return;
  }
  if (values.size() <= 2) {
    frame.masks.push_back(above(values.back(), threshold));
    return;
  }
  Image mask(values.front().size());
  for (std::size_t i = 0; i < mask.values().size(); ++i) {
    float best = values.front().values()[i];
    for (const Plane& plane : values) best = std::max(best, plane.values()[i]);
    std::size_t number = 0;  // a tie goes to the lower class
    while (!(values[number].values()[i] >= best - kTie)) ++number;
    mask.values()[i] = static_cast<std::uint8_t>(number);
  }
  frame.masks.push_back(std::move(mask));
}

// Nothing below 0.2, everything above 0.8: a small network's edge, enlarged, is wide and shows a halo.
std::array<std::uint8_t, 256> steeper() {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const float ramp = std::clamp((static_cast<float>(static_cast<double>(i) / 255) - 0.2F) / 0.6F, 0.F, 1.F);
    table[i] = static_cast<std::uint8_t>(std::lrint((-2 * ramp + 3) * ramp * ramp * 255));
  }
  return table;
}

}  // namespace

void activate(Planes& logits, bool sigmoid) {
  for (std::size_t i = 0; i < logits.front().values().size(); ++i) {
    if (sigmoid) {
      for (Plane& plane : logits) plane.values()[i] = 1 / (1 + std::exp(-plane.values()[i]));
      continue;
    }
    float most = logits.front().values()[i], sum = 0;
    for (const Plane& plane : logits) most = std::max(most, plane.values()[i]);
    for (Plane& plane : logits) sum += plane.values()[i] = std::exp(plane.values()[i] - most);
    for (Plane& plane : logits) plane.values()[i] /= sum;
  }
}

Image opacity_of(const Plane& foreground) {
  static const std::array<std::uint8_t, 256> table = steeper();
  Image opacity(foreground.size());
  std::transform(foreground.values().begin(), foreground.values().end(), opacity.values().begin(), [](float value) {
    return table[static_cast<std::size_t>(std::clamp(std::lrint(value * 255), 0L, 255L))];
  });
  return opacity;
}

Plane foreground_of(const Planes& values, const Output& output) {
  if (values.size() == 1) return values.front();
  Plane result(values.front().size());
  for (std::size_t i = 0; i < result.values().size(); ++i) {
    float most = 1 - values.front().values()[i];
    if (output.multilabel) {
      most = 0;
      for (const Plane& plane : values) most = std::max(most, plane.values()[i]);
    }
    result.values()[i] = most;
  }
  return result;
}

Chain::Chain(const Card& card) {
  std::vector<Step> steps = card.postprocess;
  if (steps.empty()) {
    steps = {{"postprocess.0", "to_picture", {}, {}}, {"postprocess.1", "to_mask", {{"threshold", {0.5}}}, {}}};
  }
  for (const Step& step : steps) {  // where pieces are cut out, the last step's threshold counts already
    if (step.type == "to_mask") {
      Arguments arguments(step);
      threshold_ = arguments.number("threshold", 0.5);
    }
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {  // edges are found from the network's own size
    const bool edges_follow = i + 1 < steps.size() && steps[i + 1].type == "refine_edges";
    if (steps[i].type != "to_picture" || !edges_follow) add(steps[i], card);
  }
  if (card.output.kind == OutputKind::kArgmax) steps_.clear();  // classes are only brought back to the picture's size
}

void Chain::add(const Step& step, const Card& card) {
  Arguments arguments(step);
  const std::string where = step.where;
  const bool two_classes =
      card.output.kind != OutputKind::kArgmax && !card.output.multilabel && card.classes.size() <= 2;
  constexpr std::array<const char*, 4> kOfTwoClasses{"drop_specks", "drop_faint", "fill_holes", "refine_edges"};
  if (!two_classes && std::find(kOfTwoClasses.begin(), kOfTwoClasses.end(), step.type) != kOfTwoClasses.end()) {
    throw Error(where, step.type + " needs probabilities of two classes", "leave it out");
  }
  if (step.type == "drop_specks") {
    const double smallest = arguments.number("smallest");
    if (smallest < 0 || smallest >= 1) arguments.refuse("smallest should lie within [0, 1)");
    steps_.emplace_back([smallest](Frame& frame) { drop_specks(frame.values, frame.threshold, smallest); });
  } else if (step.type == "drop_faint") {
    const double peak = arguments.number("peak");
    if (peak <= 0 || peak >= 1) arguments.refuse("peak should lie within (0, 1)");
    steps_.emplace_back([peak](Frame& frame) { drop_faint(frame.values, frame.threshold, peak); });
  } else if (step.type == "fill_holes") {
    const double largest = arguments.number("largest");
    if (largest <= 0 || largest >= 1) arguments.refuse("largest should lie within (0, 1)");
    steps_.emplace_back([largest](Frame& frame) { fill_holes(frame.values, frame.threshold, largest); });
  } else if (step.type == "to_picture") {
    steps_.emplace_back([](Frame& frame) {
      for (Plane& plane : frame.values) plane = frame.geometry.invert(std::move(plane));
    });
  } else if (step.type == "refine_edges") {
    const double radius = arguments.number("radius");
    if (radius <= 0) arguments.refuse("radius should be above 0");
    steps_.emplace_back([radius](Frame& frame) {
      Plane& prob = frame.values.back();
      if (prob.size() != frame.image.size && !frame.geometry.only_resizes()) {
        prob = frame.geometry.invert(std::move(prob));
      }
      prob = refine_edges(prob, frame.image, radius / frame.geometry.zoom(), frame.threshold);
      if (frame.values.size() == 2) {
        Plane& background = frame.values.front();
        background = Plane(prob.size());
        std::transform(prob.values().begin(), prob.values().end(), background.values().begin(),
                       [](float value) { return 1 - value; });
      }
    });
  } else if (step.type == "to_mask") {
    const double threshold = arguments.number("threshold", 0.5);
    if (threshold <= 0 || threshold >= 1) arguments.refuse("threshold should lie within (0, 1)");
    const Output output = card.output;
    steps_.emplace_back([output, threshold](Frame& frame) { to_mask(frame, output, threshold); });
  } else {
    throw Error(where + ".type", step.type + " is no step that this program has",
                "docs/howto/deploy_cpp.md lists those that it has");
  }
  arguments.done();
}

}  // namespace segment
