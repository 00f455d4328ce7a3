// Kotlin's org.paddleseg.portrait.Native over portrait_lite.h. Pixels are in direct buffers, whose sizes are checked.
#include <jni.h>

#include <portrait_lite.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using Bytes = std::uint8_t;

void raise(JNIEnv* env, const char* what) {
  if (jclass type = env->FindClass("org/paddleseg/portrait/PortraitException")) env->ThrowNew(type, what);
}

void check(JNIEnv* env, int result) {
  if (result != PORTRAIT_OK) raise(env, portrait_error());
}

portrait_segmenter* segmenter_of(jlong handle) { return reinterpret_cast<portrait_segmenter*>(handle); }

// The buffer's bytes, or null after an exception: it is not direct, or shorter than `bytes`.
Bytes* bytes_of(JNIEnv* env, jobject buffer, std::int64_t bytes, const char* name) {
  auto* address = buffer == nullptr ? nullptr : static_cast<Bytes*>(env->GetDirectBufferAddress(buffer));
  if (address == nullptr) {
    raise(env, (std::string(name) + ": is no direct buffer\n  hint: ByteBuffer.allocateDirect").c_str());
    return nullptr;
  }
  if (bytes < 1 || env->GetDirectBufferCapacity(buffer) < bytes) {
    raise(env, (std::string(name) + ": is shorter than its size says").c_str());
    return nullptr;
  }
  return address;
}

// Bytes up to the last pixel of a plane, whose last row need not be filled up.
std::int64_t extent(std::int64_t width, std::int64_t height, std::int64_t row, std::int64_t pixel) {
  return width < 1 || height < 1 || row < 1 || pixel < 1 ? -1 : row * (height - 1) + pixel * (width - 1) + 1;
}

std::int64_t area(const portrait_segmenter* segmenter) {
  return std::int64_t{portrait_width(segmenter)} * portrait_height(segmenter);
}

// What Kotlin's Native.yuv is given, in its order.
struct Layout {
  static constexpr std::size_t kLength = 14;
  std::array<jint, kLength> values{};

  portrait_frame frame() const {
    portrait_frame made{};
    made.format = PORTRAIT_YUV_FULL;
    made.width = values[0], made.height = values[1];
    for (std::size_t i = 0; i < 3; ++i) {
      made.row_strides[i] = values[2 + i];
      made.pixel_strides[i] = values[5 + i];
    }
    made.left = values[8], made.top = values[9], made.crop_width = values[10], made.crop_height = values[11];
    made.turn = values[12], made.mirrored = values[13];
    return made;
  }
};

void copy_out(JNIEnv* env, jlong handle, const Bytes* from, jobject into) {
  const std::int64_t count = area(segmenter_of(handle));
  if (from == nullptr) return raise(env, "frame: none has been given yet");
  if (Bytes* to = bytes_of(env, into, count, "into")) std::copy_n(from, count, to);
}

}  // namespace

extern "C" {

JNIEXPORT jlong JNICALL Java_org_paddleseg_portrait_Native_open(JNIEnv* env, jclass, jstring folder, jstring runtime,
                                                                jint threads, jboolean smooth) {
  const char* path = env->GetStringUTFChars(folder, nullptr);
  const char* engine = runtime == nullptr ? nullptr : env->GetStringUTFChars(runtime, nullptr);
  portrait_segmenter* made = nullptr;
  const int result = portrait_open(path, engine, threads, smooth, &made);
  env->ReleaseStringUTFChars(folder, path);
  if (engine != nullptr) env->ReleaseStringUTFChars(runtime, engine);
  check(env, result);
  return reinterpret_cast<jlong>(made);
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_close(JNIEnv*, jclass, jlong handle) {
  portrait_close(segmenter_of(handle));
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_reset(JNIEnv*, jclass, jlong handle) {
  portrait_reset(segmenter_of(handle));
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_yuv(JNIEnv* env, jclass, jlong handle, jobject y, jobject u,
                                                              jobject v, jintArray layout) {
  Layout given;
  if (env->GetArrayLength(layout) != jsize{Layout::kLength}) return raise(env, "layout: has another length");
  env->GetIntArrayRegion(layout, 0, jsize{Layout::kLength}, given.values.data());
  portrait_frame frame = given.frame();
  const std::array<jobject, 3> planes{y, u, v};
  const std::array<const char*, 3> names{"plane Y", "plane U", "plane V"};
  for (std::size_t i = 0; i < 3; ++i) {
    const int width = i == 0 ? frame.width : (frame.width + 1) / 2,
              height = i == 0 ? frame.height : (frame.height + 1) / 2;
    frame.planes[i] =
        bytes_of(env, planes[i], extent(width, height, frame.row_strides[i], frame.pixel_strides[i]), names[i]);
    if (frame.planes[i] == nullptr) return;
  }
  check(env, portrait_segment(segmenter_of(handle), &frame));
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_rgba(JNIEnv* env, jclass, jlong handle, jobject pixels,
                                                               jint width, jint height) {
  portrait_frame frame{};
  frame.format = PORTRAIT_RGBA;
  frame.width = width, frame.height = height;
  frame.planes[0] = bytes_of(env, pixels, extent(width, height, std::int64_t{4} * width, 4) + 3, "pixels");
  if (frame.planes[0] != nullptr) check(env, portrait_segment(segmenter_of(handle), &frame));
}

JNIEXPORT jint JNICALL Java_org_paddleseg_portrait_Native_width(JNIEnv*, jclass, jlong handle) {
  return portrait_width(segmenter_of(handle));
}

JNIEXPORT jint JNICALL Java_org_paddleseg_portrait_Native_height(JNIEnv*, jclass, jlong handle) {
  return portrait_height(segmenter_of(handle));
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_mask(JNIEnv* env, jclass, jlong handle, jobject into) {
  copy_out(env, handle, portrait_mask(segmenter_of(handle)), into);
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_opacity(JNIEnv* env, jclass, jlong handle, jobject into) {
  copy_out(env, handle, portrait_opacity(segmenter_of(handle)), into);
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_blur(JNIEnv* env, jclass, jlong handle, jdouble strength) {
  check(env, portrait_blur(segmenter_of(handle), strength));
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_colour(JNIEnv* env, jclass, jlong handle, jint red,
                                                                 jint green, jint blue) {
  const auto level = [](jint value) { return static_cast<Bytes>(value & 255); };
  check(env, portrait_colour(segmenter_of(handle), level(red), level(green), level(blue)));
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_picture(JNIEnv* env, jclass, jlong handle, jobject pixels,
                                                                  jint width, jint height) {
  const Bytes* from = bytes_of(env, pixels, extent(width, height, std::int64_t{4} * width, 4) + 3, "pixels");
  if (from == nullptr) return;
  const auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::vector<Bytes> rgb(3 * count);
  for (std::size_t i = 0; i < count; ++i) std::copy_n(from + 4 * i, 3, rgb.data() + 3 * i);
  check(env, portrait_picture(segmenter_of(handle), rgb.data(), width, height));
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_composite(JNIEnv* env, jclass, jlong handle, jobject into) {
  portrait_segmenter* segmenter = segmenter_of(handle);
  if (portrait_rgb(segmenter) == nullptr) return raise(env, "frame: none has been given yet");
  if (Bytes* to = bytes_of(env, into, 4 * area(segmenter), "into")) {
    check(env, portrait_composite(segmenter, to, std::ptrdiff_t{4} * portrait_width(segmenter)));
  }
}

// Colours are multiplied by the opacity, as Android's bitmaps have them.
JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_cutout(JNIEnv* env, jclass, jlong handle, jobject into) {
  portrait_segmenter* segmenter = segmenter_of(handle);
  if (portrait_rgb(segmenter) == nullptr) return raise(env, "frame: none has been given yet");
  Bytes* to = bytes_of(env, into, 4 * area(segmenter), "into");
  if (to == nullptr) return;
  check(env, portrait_cutout(segmenter, to, std::ptrdiff_t{4} * portrait_width(segmenter)));
  for (const Bytes* end = to + 4 * area(segmenter); to != end; to += 4) {
    for (int i = 0; i < 3; ++i) to[i] = static_cast<Bytes>((to[i] * to[3] + 127) / 255);
  }
}

JNIEXPORT void JNICALL Java_org_paddleseg_portrait_Native_timing(JNIEnv* env, jclass, jlong handle, jdoubleArray into) {
  std::array<double, 5> timing{};
  portrait_timing(segmenter_of(handle), timing.data());
  if (env->GetArrayLength(into) != 5) return raise(env, "into: has another length");
  env->SetDoubleArrayRegion(into, 0, 5, timing.data());
}
}
