// From a picture to a network's input: the card's steps, with the numbers of paddleseg/transforms.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arrays.h"
#include "card.h"
#include "geometry.h"
#include "resize.h"

namespace segment {

struct Prepared {
  std::vector<float> tensor;  // C, h, w
  Geometry geometry;
};

// What happens to a picture of some size: it is resized, or padded.
struct Move {
  Size size;  // afterwards
  bool pads = false;
  Interpolation interpolation = Interpolation::kLinear;
  int top = 0, left = 0;
  std::vector<std::uint8_t> fill;  // of each channel
};

class Preprocessor {
 public:
  // Raises Error for a step that there is none of, or whose arguments are wrong.
  Preprocessor(const std::vector<Step>& steps, int channels);

  // Raises Error for a picture that a step cannot work with. Several threads may call it.
  Prepared operator()(ImageView picture) const;

  // What it does to pictures of this size, before it normalises them; it may be done otherwise. Raises as above.
  std::vector<Move> plan(Size size) const;
  // Factor and sum of each channel, that normalise it.
  const std::vector<float>& scale() const { return scale_; }
  const std::vector<float>& shift() const { return shift_; }

 private:
  void add(const Step& step, int channels);

  std::vector<std::function<Move(Size)>> moves_;
  std::vector<float> scale_, shift_;  // of the last step, Normalize
};

}  // namespace segment
