// A segmenter with memory: a camera's frames in, steady mattes and pictures out; as paddleseg.video.Session.
#pragma once

#include <memory>
#include <string>

#include "../../cpp/segment/predictor.h"
#include "../core/camera.h"
#include "../core/compositing.h"
#include "../core/smoothing.h"

namespace segment::lite {

struct Stages {
  double read = 0, pre = 0, net = 0, post = 0, composite = 0;  // milliseconds of the last frame
};

// Frames of one clip or camera, in order and from one thread at a time.
class Segmenter {
 public:
  // `folder` is what pack.py made. Raises Error.
  Segmenter(const std::string& folder, const Options& options, bool smooth);

  // Raises Error: it is no frame, or the model cannot work with it.
  void operator()(const CameraFrame& frame);
  // The next frame begins another clip.
  void reset();

  void set_background(Background background) { background_ = std::move(background); }
  // Of the last frame, RGB. Raises Error: there was none.
  Image composite();
  // RGBA.
  Image cutout() const;

  const Image& picture() const { return picture_; }  // RGB, upright
  const Image& opacity() const { return opacity_; }
  const Image& mask() const { return mask_; }
  const Stages& stages() const { return stages_; }

 private:
  void check_seen() const;

  Predictor predictor_;
  Background background_ = Background::blur(0.5);
  bool smooth_;
  Adaptive adaptive_;
  Scenes scenes_;
  Size seen_;
  Image picture_, opacity_, mask_;
  Stages stages_;
};

}  // namespace segment::lite
