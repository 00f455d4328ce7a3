// What the C interfaces share: nothing that is thrown leaves them; its words are kept for the calling thread.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "error.h"

namespace segment {

inline thread_local std::string last_error;

// Whether `function` came to its end. `input` and `program` are what errors without words of their own begin with.
template <typename Function>
bool succeeds(const char* input, const char* program, Function function) {
  try {
    last_error.clear();
    function();
    return true;
  } catch (const std::bad_alloc&) {
    last_error = std::string(input) + ": there is not enough memory\n  hint: make it smaller";
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = std::string(program) + ": failed without a word";
  }
  return false;
}

inline void require(bool given, const char* what) {
  if (!given) throw Error(what, "is a null pointer", "give it");
}

}  // namespace segment
