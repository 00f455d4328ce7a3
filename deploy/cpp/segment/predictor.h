// A picture in, a mask of its size out; whichever engine runs the network. The names are those of the Python package.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../core/arrays.h"
#include "../core/card.h"
#include "../core/postprocess.h"
#include "../core/preprocess.h"
#include "../runtime/runner.h"

namespace segment {

struct Timing {
  double pre = 0, net = 0, post = 0;  // milliseconds
};

struct Result {
  std::vector<Image> masks;  // one with the class of each pixel, or one with 0 and 1 for each independent class
  Planes values;             // probabilities (of two exclusive classes the foreground's alone); empty of argmax graphs
  Output output;
  Timing timing;

  // One number for each pixel: of independent classes the last that holds, counted from 1; 0 for none.
  Image mask() const;
  // The matte, 0 to 255: everything but the background.
  Image opacity() const;
};

// Runs a model as its card says. Several threads may call one.
class Predictor {
 public:
  // `path` is the folder that export wrote, or a card's file. Raises Error: something is missing, damaged or unknown.
  explicit Predictor(const std::string& path, const Options& options = {});

  // A network that is open already.
  Predictor(Card card, std::unique_ptr<Runner> runner);

  // A picture, RGB (or grey, as the card says). Raises Error: the card's steps or the graph cannot work with it.
  Result operator()(ImageView picture) const;

  // The same in parts. Raises as above.
  const Preprocessor& prepare() const { return prepare_; }
  Planes run(const Prepared& prepared) const;  // probabilities at the network's size; of two classes the foreground's
  Result complete(Planes values, const Geometry& geometry, ImageView picture) const;

  const Card& card() const { return card_; }

 private:
  Planes outputs(const Prepared& prepared) const;

  Card card_;
  Preprocessor prepare_;
  Chain finish_;
  std::unique_ptr<Runner> runner_;
};

}  // namespace segment
