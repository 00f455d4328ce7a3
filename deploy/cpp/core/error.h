// Errors a user can act on: where it is, what is wrong, one thing to do; worded as in paddleseg/errors.py.
#pragma once

#include <stdexcept>
#include <string>

namespace segment {

class Error : public std::runtime_error {
 public:
  Error(const std::string& where, const std::string& what, const std::string& hint)
      : std::runtime_error((where.empty() ? "" : where + ": ") + what + (hint.empty() ? "" : "\n  hint: " + hint)) {}
};

// Of one picture: the next one may well do.
class DataError : public Error {
 public:
  using Error::Error;
};

}  // namespace segment
