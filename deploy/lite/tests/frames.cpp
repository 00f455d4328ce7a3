// Runs frames of NV21 that lie one after the other in a file, and says how long each stage took.
//
// frames FOLDER FRAMES.nv21 WIDTH HEIGHT TURN [RESULT]    RESULT gets opacity and composite (RGB) of each frame
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>

#include "../../cpp/core/error.h"
#include "../segmenter/segmenter.h"

namespace {

void write(std::ofstream& file, const segment::Image& image) {
  file.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.values().size()));
}

void run(char** arguments, bool keeps) {
  std::ifstream file(arguments[2], std::ios::binary);
  const std::vector<char> content(std::istreambuf_iterator<char>(file), {});
  const segment::Size size{std::atoi(arguments[4]), std::atoi(arguments[3])};
  const std::size_t length =
      size.area() + static_cast<std::size_t>((size.h + 1) / 2) * static_cast<std::size_t>((size.w + 1) / 2) * 2;
  if (size.h < 1 || size.w < 1 || content.empty() || content.size() % length != 0) {
    throw segment::Error(arguments[2], "does not hold whole frames of this size", "give its width and height");
  }
  segment::Options options;
  options.threads = 1;
  segment::lite::Segmenter segmenter(arguments[1], options, true);
  std::ofstream result;
  if (keeps) result.open(arguments[6], std::ios::binary);
  segment::lite::Stages sums;
  for (std::size_t at = 0; at < content.size(); at += length) {
    auto frame = segment::lite::nv21(reinterpret_cast<const std::uint8_t*>(content.data() + at), size);
    frame.turn = std::atoi(arguments[5]);
    segmenter(frame);
    const segment::Image composite = segmenter.composite();
    if (keeps) {
      write(result, segmenter.opacity());
      write(result, composite);
    }
    const auto& stages = segmenter.stages();
    sums.read += stages.read, sums.pre += stages.pre, sums.net += stages.net, sums.post += stages.post;
    sums.composite += stages.composite;
  }
  const double frames = static_cast<double>(content.size() / length);
  std::printf("read %.2f  pre %.2f  net %.2f  post %.2f  composite %.2f ms\n", sums.read / frames, sums.pre / frames,
              sums.net / frames, sums.post / frames, sums.composite / frames);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6 && count != 7) {
    std::fprintf(stderr, "usage: frames FOLDER FRAMES.nv21 WIDTH HEIGHT TURN [RESULT]\n");
    return 2;
  }
  try {
    run(arguments, count == 7);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
