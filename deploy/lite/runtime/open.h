// The engine for a model: Paddle Lite where the build and the model have it, else ONNX Runtime.
#pragma once

#include <memory>
#include <string>

#include "../../cpp/runtime/runner.h"
#include "../segmenter/model_file.h"

namespace segment::lite {

// `options.runtime` is "lite", "onnx" or empty. Raises Error: there is none that runs it.
std::unique_ptr<Runner> open_engine(const Model& model, const Options& options);

// A model of Paddle Lite, made for this processor. Raises Error where it cannot be loaded.
std::unique_ptr<Runner> open_paddle_lite(const std::string& path, const Options& options);

}  // namespace segment::lite
