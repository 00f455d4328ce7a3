#pragma once

#include <string>

#include "../core/card.h"

namespace segment {

// The card of an exported model: in a folder (`inference.yml`), or a card's own file. Raises Error that says what is
// wrong.
Card read_card(const std::string& path);

}  // namespace segment
