// FIPS 180-4. Of our own, since the library is to need nothing but its engine and a YAML parser.
#include "sha256.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <vector>

#include "../core/error.h"

namespace segment {
namespace {

using Word = std::uint32_t;

Word turned(Word value, int by) { return (value >> by) | (value << (32 - by)); }

// The standard's constants are the first bits of the fractions of roots of primes.
struct Constants {
  std::array<Word, 64> round{};
  std::array<Word, 8> start{};

  Constants() {
    std::size_t count = 0;
    for (int n = 2; count < 64; ++n) {
      bool prime = true;
      for (int d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
      if (!prime) continue;
      if (count < 8) start[count] = fraction(std::sqrt(static_cast<long double>(n)));
      round[count++] = fraction(std::cbrt(static_cast<long double>(n)));
    }
  }

  static Word fraction(long double root) { return static_cast<Word>((root - std::floor(root)) * 4294967296.0L); }
};

class Digest {
 public:
  void add(const std::uint8_t* block) {
    std::array<Word, 64> w{};
    for (std::size_t i = 0; i < 16; ++i) {
      const std::uint8_t* b = block + 4 * i;
      w[i] = Word{b[0]} << 24 | Word{b[1]} << 16 | Word{b[2]} << 8 | Word{b[3]};
    }
    for (std::size_t i = 16; i < 64; ++i) {
      const Word a = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const Word b = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t i = 0; i < 64; ++i) {
      const Word one =
          h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + constants().round[i] + w[i];
      const Word two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
    }
    const std::array<Word, 8> more{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state_[i] += more[i];
  }

  std::string text() const {
    std::string digits;
    for (const Word word : state_) {
      for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[word >> shift & 15];
    }
    return digits;
  }

 private:
  static const Constants& constants() {
    static const Constants made;
    return made;
  }

  std::array<Word, 8> state_ = constants().start;
};

}  // namespace

std::string file_sha256(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path, "cannot be read", "export the model again");
  Digest digest;
  std::vector<std::uint8_t> part(1 << 20);
  std::uint64_t length = 0;
  while (true) {
    file.read(reinterpret_cast<char*>(part.data()), static_cast<std::streamsize>(part.size()));
    const auto got = static_cast<std::size_t>(file.gcount());
    length += got;
    std::size_t at = 0;
    for (; at + 64 <= got; at += 64) digest.add(part.data() + at);
    if (got == part.size()) continue;
    std::vector<std::uint8_t> rest(part.begin() + static_cast<std::ptrdiff_t>(at),
                                   part.begin() + static_cast<std::ptrdiff_t>(got));
    rest.push_back(0x80);
    while (rest.size() % 64 != 56) rest.push_back(0);
    for (int shift = 56; shift >= 0; shift -= 8) rest.push_back(static_cast<std::uint8_t>(length * 8 >> shift));
    for (at = 0; at < rest.size(); at += 64) digest.add(rest.data() + at);
    return digest.text();
  }
}

}  // namespace segment
