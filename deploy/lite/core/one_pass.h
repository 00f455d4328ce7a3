// From a camera's frame to a network's input, without a picture between: only pixels that count are read.
#pragma once

#include "../../cpp/core/preprocess.h"
#include "camera.h"

namespace segment::lite {

// The numbers that `prepare` has for `camera.rgb()`. Cards that do more than one bilinear resize and padding go that
// way.
Prepared prepared(const Camera& camera, const Preprocessor& prepare, const Kernels& kernels = kFast);

}  // namespace segment::lite
