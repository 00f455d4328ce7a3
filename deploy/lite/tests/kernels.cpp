// One of the core's loops over a row of pixels, again and again: for counting instructions, and for timing.
//
// kernels NAME plain|fast ROWS      a row has 1280 pixels; prints nanoseconds of a row
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../core/kernels.h"

namespace {

constexpr int kPixels = 1280;

using Bytes = std::vector<std::uint8_t>;
using Loop = std::function<void(const segment::lite::Kernels&)>;

std::map<std::string, Loop> loops() {
  static Bytes y(kPixels, 100), u(kPixels, 90), v(kPixels, 160), r(kPixels), g(kPixels), b(kPixels);
  static Bytes rgb(3 * kPixels, 50), opacity(kPixels);
  static std::vector<std::int16_t> weights(kPixels, 1024), above(kPixels, 700), below(kPixels, 900), row(kPixels);
  static std::vector<float> now(kPixels, 0.3F), before(kPixels, 0.5F);
  for (std::size_t i = 0; i < opacity.size(); ++i) opacity[i] = static_cast<std::uint8_t>(i);
  return {
      {"to_rgb",
       [](const auto& k) {
         k.to_rgb(y.data(), u.data(), v.data(), kPixels, segment::lite::kFullRange, r.data(), g.data(), b.data());
       }},
      {"interleave", [](const auto& k) { k.interleave(r.data(), g.data(), b.data(), kPixels, rgb.data()); }},
      {"between_columns",
       [](const auto& k) {
         k.between_columns(y.data(), u.data(), weights.data(), weights.data(), kPixels, row.data());
       }},
      {"between_rows",
       [](const auto& k) {
         k.between_rows(above.data(), below.data(), 700, 1348, kPixels, 0.00784F, -1.1F, now.data());
       }},
      {"blend", [](const auto& k) { k.blend(rgb.data(), opacity.data(), kPixels, rgb.data()); }},
      {"settle", [](const auto& k) { k.settle(now.data(), kPixels, 0.15F, 0.5F, before.data()); }},
  };
}

}  // namespace

int main(int count, char** arguments) {
  const auto known = loops();
  const auto found = known.find(count > 1 ? arguments[1] : "");
  if (count != 4 || found == known.end()) {
    std::fprintf(stderr, "usage: kernels NAME plain|fast ROWS; NAME is one of");
    for (const auto& [name, loop] : known) std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  const bool fast = std::string(arguments[2]) == "fast";
  const int rows = std::max(std::atoi(arguments[3]), 1);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rows; ++i) found->second(fast ? segment::lite::kFast : segment::lite::kPlain);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  std::printf("%.0f\n", taken.count() / rows);
  return 0;
}
