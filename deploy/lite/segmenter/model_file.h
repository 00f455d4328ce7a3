// model.txt, which pack.py makes of a card: on phones there is nothing that reads YAML.
#pragma once

#include <string>

#include "../../cpp/core/card.h"

namespace segment::lite {

struct Model {
  Card card;
  std::string lite;       // Paddle Lite's file in the folder; empty where there is none
  std::string processor;  // of that file: arm or x86
};

// Raises Error: it is not there, or holds what it should not.
Model read_model(const std::string& folder);

}  // namespace segment::lite
