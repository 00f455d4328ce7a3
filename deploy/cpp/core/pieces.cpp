#include "pieces.h"

#include <utility>

namespace segment {
namespace {

// Numbers that have turned out to be of one region; the lowest stands for all.
class Unions {
 public:
  int add() {
    parents_.push_back(static_cast<int>(parents_.size()));
    return parents_.back();
  }

  int root(int number) {
    while (parent(number) != number) {
      parent(number) = parent(parent(number));
      number = parent(number);
    }
    return number;
  }

  int join(int a, int b) {
    a = root(a), b = root(b);
    if (a > b) std::swap(a, b);
    parent(b) = a;
    return a;
  }

 private:
  int& parent(int number) { return parents_[static_cast<std::size_t>(number)]; }

  std::vector<int> parents_;
};

struct Labels {
  Unions unions;
  std::vector<char> inside{0};
  std::vector<int> around{-1};  // the number to the left of a region's first pixel, which is of the region around it

  Labels() { unions.add(); }  // 0 reaches the border, beyond which all is background
};

constexpr int kOutside = 0;

}  // namespace

Regions regions_of(const Image& mask) {
  const Size size = mask.size();
  Labels labels;
  Regions regions;
  auto& runs = regions.runs;
  std::size_t above_begin = 0, above_end = 0;  // the runs of the row above
  for (int y = 0; y < size.h; ++y) {
    const std::uint8_t* row = mask.row(y);
    const std::size_t begin = runs.size();
    std::size_t above = above_begin;
    for (int left = 0; left < size.w;) {
      const bool inside = row[left] != 0;
      int right = left + 1;
      while (right < size.w && (row[right] != 0) == inside) ++right;
      const bool at_border = !inside && (y == 0 || y == size.h - 1 || left == 0 || right == size.w);
      int number = at_border ? kOutside : -1;
      const int reach = inside ? 1 : 0;  // corners
      while (above < above_end && runs[above].right + reach <= left) ++above;
      for (std::size_t i = above; i < above_end && runs[i].left < right + reach; ++i) {
        if ((labels.inside[static_cast<std::size_t>(runs[i].region)] != 0) != inside) continue;
        number = number < 0 ? runs[i].region : labels.unions.join(number, runs[i].region);
      }
      if (number < 0) {
        number = labels.unions.add();
        labels.inside.push_back(inside ? 1 : 0);
        labels.around.push_back(left == 0 ? kOutside : runs.back().region);
      }
      runs.push_back({y, left, right, number});
      left = right;
      if (above > above_begin) --above;  // a run may touch the last one above that the run before it has met
    }
    above_begin = begin, above_end = runs.size();
  }
  std::vector<int> named;
  for (int number = 0; number < static_cast<int>(labels.inside.size()); ++number) {
    const auto at = static_cast<std::size_t>(number);
    if (labels.unions.root(number) != number) {  // a region's lowest number comes first
      named.push_back(-1);
      continue;
    }
    named.push_back(static_cast<int>(regions.all.size()));
    const int around = labels.around[at];
    const int parent = around < 0 ? -1 : named[static_cast<std::size_t>(labels.unions.root(around))];
    regions.all.push_back({labels.inside[at] != 0, parent, 0, 0});
  }
  for (auto& run : runs) {
    run.region = named[static_cast<std::size_t>(labels.unions.root(run.region))];
    regions.all[static_cast<std::size_t>(run.region)].area += run.right - run.left;
  }
  for (std::size_t i = regions.all.size(); i-- > 0;) {  // what lies within comes later than what is around it
    auto& region = regions.all[i];
    region.within += region.area;
    if (region.parent >= 0) regions.all[static_cast<std::size_t>(region.parent)].within += region.within;
  }
  return regions;
}

}  // namespace segment
