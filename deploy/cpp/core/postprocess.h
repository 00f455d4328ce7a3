// From a network's main output to a mask: the card's steps, with the numbers of paddleseg/inference/postprocess.py.
#pragma once

#include <functional>
#include <vector>

#include "arrays.h"
#include "card.h"
#include "geometry.h"

namespace segment {

using Planes = std::vector<Plane>;  // one for each class; of two exclusive classes mostly the foreground's alone

// What travels through the steps.
struct Frame {
  Planes values;
  ImageView image;
  const Geometry& geometry;
  double threshold;          // probability from which a pixel is foreground
  std::vector<Image> masks;  // one of classes, or one with 0 and 1 for each independent class
};

// Logits become probabilities.
void activate(Planes& logits, bool sigmoid);

// How opaque each pixel is, 0 to 255, of foreground probabilities.
Image opacity_of(const Plane& foreground);

// The probability that a pixel is anything but background.
Plane foreground_of(const Planes& values, const Output& output);

class Chain {
 public:
  // Raises Error for a step that there is none of, or that does not fit the card's output.
  explicit Chain(const Card& card);

  // Several threads may call it.
  void operator()(Frame& frame) const {
    for (const auto& step : steps_) step(frame);
  }
  double threshold() const { return threshold_; }

 private:
  void add(const Step& step, const Card& card);

  double threshold_ = 0.5;
  std::vector<std::function<void(Frame&)>> steps_;
};

}  // namespace segment
