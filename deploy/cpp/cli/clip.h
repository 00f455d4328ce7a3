#pragma once

#include <csignal>
#include <string>

#include "../segment/predictor.h"
#include "writer.h"

namespace segment {

extern volatile std::sig_atomic_t interrupted;  // Ctrl-C; what is being written then vanishes

struct Interrupted {};

// Every frame of a clip: the overlay becomes a clip, everything else a folder of numbered pictures.
// Returns how many frames there were. Raises Error: it is no clip, or ends before its end.
int predict_clip(const Predictor& predictor, const std::string& path, const Writer& writer);

}  // namespace segment
