#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "../../cpp/core/c_calls.h"
#include "../include/portrait_lite.h"
#include "segmenter.h"

struct portrait_segmenter {
  segment::lite::Segmenter segmenter;
};

namespace {

namespace lite = segment::lite;

using segment::require;

template <typename Function>
int guarded(Function function) {
  return segment::succeeds("frame", "portrait", function) ? PORTRAIT_OK : PORTRAIT_ERROR;
}

lite::CameraFrame frame_of(const portrait_frame& given) {
  lite::CameraFrame frame;
  const int format = given.format;
  if (format < PORTRAIT_RGB || format > PORTRAIT_YUV_VIDEO) throw segment::Error("frame", "has an unknown format", "");
  frame.pixels = format >= PORTRAIT_YUV_FULL ? lite::Pixels::kYuv : static_cast<lite::Pixels>(format);
  frame.range = format == PORTRAIT_YUV_VIDEO ? lite::kVideoRange : lite::kFullRange;
  frame.size = {given.height, given.width};
  for (std::size_t i = 0; i < frame.planes.size(); ++i) {
    frame.planes[i] = {given.planes[i], given.row_strides[i], given.pixel_strides[i]};
  }
  if (frame.pixels != lite::Pixels::kYuv) {  // side by side, unless said otherwise
    auto& plane = frame.planes[0];
    if (plane.pixel == 0) plane.pixel = format == PORTRAIT_RGB || format == PORTRAIT_BGR ? 3 : 4;
    if (plane.row == 0) plane.row = given.width * plane.pixel;
  }
  frame.top = given.top, frame.left = given.left;
  frame.crop = {given.crop_height, given.crop_width};
  frame.turn = given.turn;
  frame.mirrored = given.mirrored != 0;
  return frame;
}

void write(const segment::Image& image, std::uint8_t* rgba, std::ptrdiff_t row_stride) {
  require(rgba != nullptr, "rgba");
  const segment::Size size = image.size();
  if (row_stride < 4 * static_cast<std::ptrdiff_t>(size.w)) {
    throw segment::Error("row_stride", "is shorter than a row of pixels", "give the distance of two rows in bytes");
  }
  for (int y = 0; y < size.h; ++y) {
    const std::uint8_t* from = image.row(y);
    std::uint8_t* to = rgba + y * row_stride;
    for (int x = 0; x < size.w; ++x, from += image.channels(), to += 4) {
      std::copy_n(from, image.channels(), to);
      if (image.channels() == 3) to[3] = 255;
    }
  }
}

const std::uint8_t* data_of(const segment::Image& image) { return image.empty() ? nullptr : image.data(); }

}  // namespace

const char* portrait_error(void) { return segment::last_error.c_str(); }

int portrait_open(const char* folder, const char* runtime, int threads, int smooth, portrait_segmenter** segmenter) {
  return guarded([&] {
    require(folder != nullptr, "folder");
    require(segmenter != nullptr, "segmenter");
    *segmenter = nullptr;
    segment::Options options;
    if (runtime != nullptr) options.runtime = runtime;
    options.threads = threads;
    *segmenter = new portrait_segmenter{{folder, options, smooth != 0}};
  });
}

void portrait_close(portrait_segmenter* segmenter) { delete segmenter; }

int portrait_segment(portrait_segmenter* segmenter, const portrait_frame* frame) {
  return guarded([&] {
    require(segmenter != nullptr, "segmenter");
    require(frame != nullptr, "frame");
    segmenter->segmenter(frame_of(*frame));
  });
}

void portrait_reset(portrait_segmenter* segmenter) {
  if (segmenter != nullptr) segmenter->segmenter.reset();
}

int portrait_width(const portrait_segmenter* segmenter) {
  return segmenter == nullptr ? 0 : segmenter->segmenter.picture().size().w;
}

int portrait_height(const portrait_segmenter* segmenter) {
  return segmenter == nullptr ? 0 : segmenter->segmenter.picture().size().h;
}

const uint8_t* portrait_mask(const portrait_segmenter* segmenter) {
  return segmenter == nullptr ? nullptr : data_of(segmenter->segmenter.mask());
}

const uint8_t* portrait_opacity(const portrait_segmenter* segmenter) {
  return segmenter == nullptr ? nullptr : data_of(segmenter->segmenter.opacity());
}

const uint8_t* portrait_rgb(const portrait_segmenter* segmenter) {
  return segmenter == nullptr ? nullptr : data_of(segmenter->segmenter.picture());
}

int portrait_blur(portrait_segmenter* segmenter, double strength) {
  return guarded([&] {
    require(segmenter != nullptr, "segmenter");
    segmenter->segmenter.set_background(lite::Background::blur(strength));
  });
}

int portrait_colour(portrait_segmenter* segmenter, uint8_t red, uint8_t green, uint8_t blue) {
  return guarded([&] {
    require(segmenter != nullptr, "segmenter");
    segmenter->segmenter.set_background(lite::Background::colour({red, green, blue}));
  });
}

int portrait_picture(portrait_segmenter* segmenter, const uint8_t* rgb, int width, int height) {
  return guarded([&] {
    require(segmenter != nullptr, "segmenter");
    lite::CameraFrame frame;
    frame.size = {height, width};
    frame.planes[0] = {rgb, 3 * static_cast<std::ptrdiff_t>(width), 3};
    segmenter->segmenter.set_background(lite::Background::picture(lite::Camera(frame).rgb()));
  });
}

int portrait_composite(portrait_segmenter* segmenter, uint8_t* rgba, ptrdiff_t row_stride) {
  return guarded([&] {
    require(segmenter != nullptr, "segmenter");
    write(segmenter->segmenter.composite(), rgba, row_stride);
  });
}

int portrait_cutout(portrait_segmenter* segmenter, uint8_t* rgba, ptrdiff_t row_stride) {
  return guarded([&] {
    require(segmenter != nullptr, "segmenter");
    write(segmenter->segmenter.cutout(), rgba, row_stride);
  });
}

void portrait_timing(const portrait_segmenter* segmenter, double timing[5]) {
  if (segmenter == nullptr || timing == nullptr) return;
  const lite::Stages& stages = segmenter->segmenter.stages();
  timing[0] = stages.read, timing[1] = stages.pre, timing[2] = stages.net, timing[3] = stages.post;
  timing[4] = stages.composite;
}
