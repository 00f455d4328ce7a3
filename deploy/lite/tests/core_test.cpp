// The core without a network: every loop with NEON and without, every way of holding a frame, steady masks,
// backgrounds, and what is refused. Runs wherever it was built for.
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "../../cpp/core/error.h"
#include "../core/camera.h"
#include "../core/compositing.h"
#include "../core/local_mean.h"
#include "../core/one_pass.h"
#include "../core/smoothing.h"

namespace {

using namespace segment;
using namespace segment::lite;

int failures = 0;

void expect(bool holds, const std::string& what) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s\n", what.c_str());
}

void refuses(const std::string& what, const std::function<void()>& function) {
  try {
    function();
    expect(false, what + " should be refused");
  } catch (const Error&) {
  }
}

std::mt19937& random_numbers() {
  static std::mt19937 numbers(1);
  return numbers;
}

std::vector<std::uint8_t> bytes(std::size_t count) {
  std::uniform_int_distribution<int> byte(0, 255);
  std::vector<std::uint8_t> made(count);
  for (auto& value : made) value = static_cast<std::uint8_t>(byte(random_numbers()));
  return made;
}

std::vector<float> shares(std::size_t count) {
  std::uniform_real_distribution<float> share(0, 1);
  std::vector<float> made(count);
  for (auto& value : made) value = share(random_numbers());
  return made;
}

Image noise(Size size, int channels) {
  Image made(size, channels);
  made.values() = bytes(made.values().size());
  return made;
}

CameraFrame rgb_frame(const Image& image) {
  CameraFrame frame;
  frame.size = image.size();
  frame.planes[0] = {image.data(), 3 * static_cast<std::ptrdiff_t>(image.size().w), 3};
  return frame;
}

void kernels_are_equal() {
  for (const int count : {0, 1, 3, 7, 8, 15, 16, 17, 31, 64, 333, 1280}) {
    const auto n = static_cast<std::size_t>(count);
    const auto y = bytes(n), u = bytes(n), v = bytes(n), opacity = bytes(n), photo = bytes(3 * n);
    for (const YuvRange range : {kFullRange, kVideoRange}) {
      std::vector<std::uint8_t> plain(3 * n), fast(3 * n);
      kPlain.to_rgb(y.data(), u.data(), v.data(), count, range, plain.data(), plain.data() + n, plain.data() + 2 * n);
      kFast.to_rgb(y.data(), u.data(), v.data(), count, range, fast.data(), fast.data() + n, fast.data() + 2 * n);
      expect(plain == fast, "to_rgb of " + std::to_string(count));
    }
    std::vector<std::uint8_t> plain(3 * n), fast(3 * n);
    kPlain.interleave(y.data(), u.data(), v.data(), count, plain.data());
    kFast.interleave(y.data(), u.data(), v.data(), count, fast.data());
    expect(plain == fast, "interleave of " + std::to_string(count));
    plain = fast = bytes(3 * n);
    kPlain.blend(photo.data(), opacity.data(), count, plain.data());
    kFast.blend(photo.data(), opacity.data(), count, fast.data());
    expect(plain == fast, "blend of " + std::to_string(count));

    std::vector<std::int16_t> left(n), right(n), one(n), other(n);
    std::uniform_int_distribution<int> weight(0, 2048);
    for (std::size_t i = 0; i < n; ++i) {
      left[i] = static_cast<std::int16_t>(weight(random_numbers()));
      right[i] = static_cast<std::int16_t>(2048 - left[i]);
    }
    kPlain.between_columns(y.data(), u.data(), left.data(), right.data(), count, one.data());
    kFast.between_columns(y.data(), u.data(), left.data(), right.data(), count, other.data());
    expect(one == other, "between_columns of " + std::to_string(count));
    std::vector<float> values(n), others(n);
    kPlain.between_rows(one.data(), other.data(), 700, 1348, count, 0.00784F, -1.1F, values.data());
    kFast.between_rows(one.data(), other.data(), 700, 1348, count, 0.00784F, -1.1F, others.data());
    expect(values == others, "between_rows of " + std::to_string(count));
    const auto now = shares(n);
    values = others = shares(n);
    kPlain.settle(now.data(), count, 0.15F, 0.5F, values.data());
    kFast.settle(now.data(), count, 0.15F, 0.5F, others.data());
    expect(values == others, "settle of " + std::to_string(count));
  }
}

void blending_is_exact() {
  for (int share = 0; share < 256; ++share) {
    for (int photo = 0; photo < 256; photo += 5) {
      std::vector<std::uint8_t> front(24, static_cast<std::uint8_t>(photo)), back(24, 201);
      const std::vector<std::uint8_t> opacity(8, static_cast<std::uint8_t>(share));
      kFast.blend(front.data(), opacity.data(), 8, back.data());
      const int want = (photo * share + 201 * (255 - share) + 127) / 255;
      expect(back[0] == want && back[23] == want, "blend of " + std::to_string(photo) + " at " + std::to_string(share));
    }
  }
}

// Turned, then mirrored, one pixel after the other.
Image turned(const Image& image, int turn, bool mirrored) {
  const Size size = image.size();
  Image made(turn % 180 != 0 ? Size{size.w, size.h} : size, 3);
  for (int y = 0; y < made.size().h; ++y) {
    for (int x = 0; x < made.size().w; ++x) {
      const int across = mirrored ? made.size().w - 1 - x : x;
      int from_y = y, from_x = across;
      if (turn == 90) from_y = size.h - 1 - across, from_x = y;
      if (turn == 180) from_y = size.h - 1 - y, from_x = size.w - 1 - across;
      if (turn == 270) from_y = across, from_x = size.w - 1 - y;
      std::copy_n(image.row(from_y) + 3 * from_x, 3, made.row(y) + 3 * x);
    }
  }
  return made;
}

Image cropped(const Image& image, int top, int left, Size size) {
  Image made(size, 3);
  for (int y = 0; y < size.h; ++y) std::copy_n(image.row(top + y) + 3 * left, 3 * size.w, made.row(y));
  return made;
}

// A pixel of NV21, by the standard's own formula.
int level(double value) { return static_cast<int>(std::lrint(std::min(std::max(value, 0.0), 255.0))); }

void frames_are_read() {
  const Size size{37, 53};
  const Image image = noise(size, 3);
  const auto yuv = bytes(37 * 53 + 19 * 27 * 2);
  const CameraFrame held = nv21(yuv.data(), size);
  const Image whole = Camera(held).rgb();
  int worst = 0;
  for (int y = 0; y < size.h; ++y) {
    for (int x = 0; x < size.w; ++x) {
      const std::uint8_t* colours = yuv.data() + 37 * 53 + (y / 2) * 54 + (x / 2) * 2;
      const double light = yuv[static_cast<std::size_t>(y * 53 + x)], v = colours[0] - 128, u = colours[1] - 128;
      const int want[3] = {level(light + 1.402 * v), level(light - 0.344136 * u - 0.714136 * v),
                           level(light + 1.772 * u)};
      for (int c = 0; c < 3; ++c) worst = std::max(worst, std::abs(want[c] - whole.row(y)[3 * x + c]));
    }
  }
  expect(worst <= 1, "NV21 is " + std::to_string(worst) + " levels from the formula");
  for (const int turn : {0, 90, 180, 270}) {
    for (const bool mirrored : {false, true}) {
      for (const bool part : {false, true}) {
        for (const bool is_yuv : {false, true}) {
          CameraFrame frame = is_yuv ? held : rgb_frame(image);
          if (part) frame.top = 5, frame.left = 9, frame.crop = {24, 31};
          frame.turn = turn;
          frame.mirrored = mirrored;
          const Image& from = is_yuv ? whole : image;
          const Image want = turned(part ? cropped(from, 5, 9, {24, 31}) : from, turn, mirrored);
          const std::string which = std::to_string(turn) + (mirrored ? " mirrored" : "") + (part ? " cropped" : "");
          expect(Camera(frame).rgb().values() == want.values(), "frame turned by " + which);
          expect(Camera(frame, kPlain).rgb().values() == want.values(), "frame in plain C++ turned by " + which);
        }
      }
    }
  }
  std::vector<std::uint8_t> bgra;
  for (std::size_t i = 0; i < size.area(); ++i) {
    for (const std::size_t c : {2U, 1U, 0U}) bgra.push_back(image.values()[3 * i + c]);
    bgra.push_back(7);
  }
  CameraFrame frame;
  frame.size = size;
  frame.pixels = Pixels::kBgra;
  frame.planes[0] = {bgra.data(), 53 * 4, 4};
  expect(Camera(frame).rgb().values() == image.values(), "BGRA");
  std::vector<std::uint8_t> planes(3 * 64 * 37);  // YUV_420_888 with wide rows
  frame = held;
  for (int y = 0; y < 37; ++y) std::copy_n(yuv.data() + y * 53, 53, planes.data() + y * 64);
  for (int y = 0; y < 19; ++y) {
    for (int x = 0; x < 27; ++x) {
      planes[static_cast<std::size_t>(64 * 37 + y * 40 + x)] =
          yuv[static_cast<std::size_t>(37 * 53 + y * 54 + 2 * x + 1)];
      planes[static_cast<std::size_t>(2 * 64 * 37 + y * 40 + x)] =
          yuv[static_cast<std::size_t>(37 * 53 + y * 54 + 2 * x)];
    }
  }
  frame.planes = {{{planes.data(), 64, 1}, {planes.data() + 64 * 37, 40, 1}, {planes.data() + 2 * 64 * 37, 40, 1}}};
  expect(Camera(frame).rgb().values() == whole.values(), "YUV_420_888 with wide rows");
}

Step step(const std::string& type, std::map<std::string, std::vector<double>> numbers) {
  return {"preprocess", type, std::move(numbers), {}};
}

void one_pass_is_many() {
  const Step normalize = step("Normalize", {{"mean", {0.5, 0.4, 0.3}}, {"std", {0.5, 0.25, 0.2}}});
  Step inside = step("Resize", {{"target_size", {48, 40}}});
  inside.words["keep_ratio"] = "true";
  Step cubic = step("Resize", {{"target_size", {48, 40}}});
  cubic.words["interp"] = "CUBIC";
  const std::vector<std::vector<Step>> all = {
      {step("ResizeToArea", {{"target_size", {64, 64}}, {"size_divisor", {16}}}), normalize},
      {step("Resize", {{"target_size", {60, 45}}}), normalize},
      {inside, step("Padding", {{"target_size", {64, 64}}, {"im_padding_value", {127.5}}}), normalize},
      {step("PaddingByAspectRatio", {{"aspect_ratio", {1.0}}}), step("Resize", {{"target_size", {32, 32}}}), normalize},
      {cubic, normalize},
      {normalize}};
  const auto yuv = bytes(90 * 120 * 3 / 2);
  for (const auto& steps : all) {
    const Preprocessor prepare(steps, 3);
    for (const int turn : {0, 90, 180, 270}) {
      CameraFrame frame = nv21(yuv.data(), {90, 120});
      frame.turn = turn;
      frame.mirrored = turn == 90;
      const Camera camera(frame);
      const Image picture = camera.rgb();
      const Prepared want = prepare(view(picture)), have = prepared(camera, prepare);
      const std::string which = steps.front().type + " turned by " + std::to_string(turn);
      expect(have.tensor == want.tensor, "one pass of " + which);
      expect(prepared(Camera(frame, kPlain), prepare, kPlain).tensor == want.tensor, "one plain pass of " + which);
      expect(have.geometry.size() == want.geometry.size(), "size of " + which);
      Plane map(want.geometry.size());
      map.values() = shares(map.values().size());
      expect(have.geometry.invert(map).values() == want.geometry.invert(map).values(), "way back of " + which);
    }
  }
}

void masks_become_steady() {
  Adaptive adaptive;
  Planes values{Plane({2, 2}, 1, 0.5F)};
  adaptive(values);
  expect(values[0].values()[0] == 0.5F, "the first frame is as it is");
  values = {Plane({2, 2}, 1, 0.52F)};
  adaptive(values);
  expect(std::abs(values[0].values()[3] - 0.5F) < 0.004F, "doubt is smoothed away");
  values = {Plane({2, 2}, 1, 0.F)};
  adaptive(values);
  expect(std::abs(values[0].values()[0]) < 0.003F, "what moves does not lag");
  Planes two{Plane({1, 1}, 1, 0.1F), Plane({1, 1}, 1, 0.9F)};
  adaptive(two);
  two = {Plane({1, 1}, 1, 0.2F), Plane({1, 1}, 1, 0.8F)};
  adaptive(two);
  expect(std::abs(two[0].values()[0] + two[1].values()[0] - 1) < 1e-6F && two[0].values()[0] < 0.15F, "two classes");

  Scenes scenes;
  Plane view({36, 64}), other({36, 64});
  view.values() = shares(view.values().size());
  other.values() = shares(other.values().size());
  expect(scenes.begins(view), "the first frame begins a scene");
  expect(!scenes.begins(view), "the same frame is of the same scene");
  expect(scenes.begins(other), "another picture begins another scene");
}

void backgrounds_are_put_behind() {
  const Image photo = noise({72, 128}, 3);
  Image opacity({72, 128});
  for (int y = 0; y < 72; ++y) {
    for (int x = 0; x < 128; ++x)
      opacity.row(y)[x] = static_cast<std::uint8_t>(x < 40 ? 0 : x < 60 ? (x - 40) * 12 : 255);
  }
  Background green = Background::colour({0, 177, 64});
  const Image before_green = green(view(photo), opacity);
  expect(before_green.row(9)[1] == 177 && before_green.row(9)[3 * 100] == photo.row(9)[3 * 100], "a colour");
  expect(green(view(photo), opacity, kPlain).values() == before_green.values(), "a colour in plain C++");
  Background blur = Background::blur(1);
  const Image soft = blur(view(photo), opacity);
  expect(soft.row(9)[3 * 100] == photo.row(9)[3 * 100], "people stay sharp");
  expect(std::abs(soft.row(30)[0] - 127) < 40, "what is behind them becomes soft");
  Background picture = Background::picture(noise({200, 90}, 3));
  expect(picture(view(photo), opacity).size() == photo.size(), "a picture fills the frame");
  const Image cut = cutout(view(photo), opacity);
  expect(cut.channels() == 4 && cut.row(5)[4 * 50 + 3] == opacity.row(5)[50], "a cut-out has the matte");
  const Image flat({50, 50}, 3, 99);
  const Image mean = LocalMean(Shrunk(view(flat), Image({50, 50}), 9), false).picture();
  expect(mean.values() == flat.values(), "the mean of one colour is that colour");
}

void mistakes_are_refused() {
  const Image image = noise({8, 8}, 3);
  const auto refuse = [&](const std::string& what, const std::function<void(CameraFrame&)>& change) {
    refuses(what, [&] {
      CameraFrame frame = rgb_frame(image);
      change(frame);
      Camera camera(frame);
    });
  };
  refuse("no memory", [](CameraFrame& frame) { frame.planes[0].data = nullptr; });
  refuse("no size", [](CameraFrame& frame) { frame.size = {0, 8}; });
  refuse("a size beyond all bounds", [](CameraFrame& frame) { frame.size = {40000, 8}; });
  refuse("short rows", [](CameraFrame& frame) { frame.planes[0].row = 23; });
  refuse("a turn by 45", [](CameraFrame& frame) { frame.turn = 45; });
  refuse("a turn by -90", [](CameraFrame& frame) { frame.turn = -90; });
  refuse("a crop beyond the frame", [](CameraFrame& frame) { frame.left = 1, frame.crop = {8, 8}; });
  refuse("a crop of nothing", [](CameraFrame& frame) { frame.left = 1; });
  refuse("YUV of one plane", [](CameraFrame& frame) { frame.pixels = Pixels::kYuv; });
  refuses("blur of 0", [] { Background::blur(0); });
  refuses("blur of NaN", [] { Background::blur(std::nan("")); });
}

}  // namespace

int main() {
  kernels_are_equal();
  blending_is_exact();
  frames_are_read();
  one_pass_is_many();
  masks_become_steady();
  backgrounds_are_put_behind();
  mistakes_are_refused();
  std::printf(failures == 0 ? "all is well\n" : "%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
