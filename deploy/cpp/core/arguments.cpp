#include "arguments.h"

#include <algorithm>
#include <cmath>

#include "error.h"

namespace segment {
namespace {

constexpr double kLongestSide = 32767;

}  // namespace

void Arguments::refuse(const std::string& what) const {
  throw Error(step_.where, step_.type + ": " + what, "docs/howto/inference.md lists the steps");
}

const std::vector<double>* Arguments::find(const std::string& name) {
  asked_.insert(name);
  if (step_.words.count(name) != 0) refuse(name + " should be a number, not " + step_.words.at(name));
  const auto found = step_.numbers.find(name);
  if (found == step_.numbers.end()) return nullptr;
  for (const double value : found->second) {
    if (!std::isfinite(value)) refuse(name + " should be a finite number");
  }
  return &found->second;
}

bool Arguments::given(const std::string& name) { return find(name) != nullptr; }

double Arguments::number(const std::string& name, std::optional<double> fallback) {
  const auto* values = find(name);
  if (values == nullptr && fallback) return *fallback;
  if (values == nullptr || values->size() != 1) refuse(name + " should be one number");
  return values->front();
}

std::vector<double> Arguments::numbers(const std::string& name, std::vector<double> fallback) {
  const auto* values = find(name);
  if (values == nullptr) return fallback;
  if (values->empty()) refuse(name + " should be a number, or one for each channel");
  return *values;
}

double Arguments::length(const std::string& name, std::optional<double> fallback) {
  const double value = number(name, fallback);
  if (!(value >= 1 && value <= kLongestSide)) refuse(name + " should be a number from 1 to 32767");
  return value;
}

Size Arguments::size(const std::string& name, Size fallback) {
  const auto* values = find(name);
  if (values == nullptr) return fallback;
  const auto whole = [](double side) { return side >= 1 && side <= kLongestSide && side == std::floor(side); };
  if (values->size() != 2 || !std::all_of(values->begin(), values->end(), whole)) {
    refuse(name + " should be two whole numbers [w, h] from 1 to 32767");
  }
  return {static_cast<int>((*values)[1]), static_cast<int>((*values)[0])};
}

bool Arguments::flag(const std::string& name) {
  const std::string said = word(name, "false");
  if (said != "true" && said != "false") refuse(name + " should be true or false, not " + said);
  return said == "true";
}

std::string Arguments::word(const std::string& name, const std::string& fallback) {
  asked_.insert(name);
  if (step_.numbers.count(name) != 0) refuse(name + " should be a word, not a number");
  const auto found = step_.words.find(name);
  return found == step_.words.end() ? fallback : found->second;
}

void Arguments::done() const {
  const auto check = [this](const std::string& name) {
    if (asked_.count(name) == 0) refuse("has no argument " + name);
  };
  for (const auto& item : step_.numbers) check(item.first);
  for (const auto& item : step_.words) check(item.first);
}

}  // namespace segment
