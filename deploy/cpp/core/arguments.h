// A step's arguments, checked: a typo in a card is an error before the first picture.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "arrays.h"
#include "card.h"

namespace segment {

class Arguments {
 public:
  explicit Arguments(const Step& step) : step_(step) {}

  // A finite number; without a default it has to be given.
  double number(const std::string& name, std::optional<double> fallback = std::nullopt);
  // One number, or one for each channel.
  std::vector<double> numbers(const std::string& name, std::vector<double> fallback);
  // A side in pixels, 1 to 32767.
  double length(const std::string& name, std::optional<double> fallback = std::nullopt);
  // [w, h] in the card.
  Size size(const std::string& name, Size fallback);
  bool flag(const std::string& name);
  std::string word(const std::string& name, const std::string& fallback);
  bool given(const std::string& name);

  // Refuses what has not been asked for.
  void done() const;
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  const std::vector<double>* find(const std::string& name);

  const Step& step_;
  std::set<std::string> asked_;
};

}  // namespace segment
