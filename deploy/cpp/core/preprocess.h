// From a picture to a network's input: the card's steps, with the numbers of paddleseg/transforms.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arrays.h"
#include "card.h"
#include "geometry.h"

namespace segment {

struct Prepared {
  std::vector<float> tensor;  // C, h, w
  Geometry geometry;
};

class Preprocessor {
 public:
  // Raises Error for a step that there is none of, or whose arguments are wrong.
  Preprocessor(const std::vector<Step>& steps, int channels);

  // Raises Error for a picture that a step cannot work with. Several threads may call it.
  Prepared operator()(ImageView picture) const;

 private:
  struct State {
    ImageView picture;
    Image own;  // where `picture` is once a step has changed it
    Geometry geometry;
  };

  void add(const Step& step, int channels);

  std::vector<std::function<void(State&)>> moves_;
  std::vector<float> scale_, shift_;  // of the last step, Normalize
};

}  // namespace segment
