// Steady masks, with the numbers of paddleseg/video: smoothing.py and scene.py.
#pragma once

#include "../../cpp/core/postprocess.h"
#include "kernels.h"

namespace segment::lite {

// Where nothing changes a frame counts little; where a hand moves it counts alone, so nothing lags.
class Adaptive {
 public:
  explicit Adaptive(float still = 0.15F, float high = 0.5F, const Kernels& kernels = kFast)
      : still_(still), high_(high), kernels_(kernels) {}

  // A frame's probabilities at the network's size become steady; of several classes all move together.
  void operator()(Planes& values);
  void reset() { before_.clear(); }

 private:
  float still_, high_;
  const Kernels& kernels_;
  Planes before_;
};

// Tells where another scene begins.
class Scenes {
 public:
  // Whether a frame shows another scene than the one before, by its green; so does the first.
  bool begins(const Plane& view);
  void reset() { before_ = Plane(); }

 private:
  Plane before_;
};

}  // namespace segment::lite
