// The one part of the predictor that reads YAML.
#include "card_file.h"
#include "predictor.h"

namespace segment {
namespace {

Predictor opened(Card card, const Options& options) {
  auto runner = open_runner(card, options);
  return {std::move(card), std::move(runner)};
}

}  // namespace

Predictor::Predictor(const std::string& path, const Options& options) : Predictor(opened(read_card(path), options)) {}

}  // namespace segment
