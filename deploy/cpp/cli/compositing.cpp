#include "compositing.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "../core/resize.h"

namespace segment {
namespace {

constexpr double kEdgeShare = 0.02;  // radius of the foreground's colour, as a share of the longer side
constexpr double kRadius = 2.0;      // of the Gaussian on the small copy, at least
constexpr float kTiny = 1e-3F, kSure = 20;

cv::Mat shrunk(cv::Mat picture, int times) {
  for (int i = 0; i < times; ++i) {
    cv::Mat half;
    cv::resize(picture, half, {std::max(picture.cols / 2, 1), std::max(picture.rows / 2, 1)}, 0, 0, cv::INTER_AREA);
    picture = half;
  }
  cv::Mat values;
  picture.convertTo(values, CV_32F);
  return values;
}

// Mean colours around each pixel, of sure foreground or of sure background, on a small copy.
cv::Mat local_mean(const cv::Mat& photo, const cv::Mat& opacity, double radius, bool of_foreground) {
  cv::Mat share = opacity * (kSure / 255);
  share = of_foreground ? cv::Mat(share + (1 - kSure)) : cv::Mat(1 - share);
  share = cv::min(cv::max(share, 0), 1);
  std::vector<cv::Mat> planes;
  cv::split(photo, planes);
  for (cv::Mat& plane : planes) plane = plane.mul(share);
  planes.push_back(share);
  cv::Mat weighted, total, wide;
  cv::merge(planes, weighted);
  cv::GaussianBlur(weighted, total, {0, 0}, radius);
  // A little of a much wider mean, so that pixels far from any that counts have a colour at all.
  cv::blur(weighted, wide, {weighted.cols | 1, weighted.rows | 1});
  total += kTiny * wide;
  cv::split(total, planes);
  const cv::Mat weight = cv::max(planes[3], 1e-8);
  planes.pop_back();
  for (cv::Mat& plane : planes) plane /= weight;
  cv::Mat mean;
  cv::merge(planes, mean);
  return mean;
}

// The mean's colours at some columns of a row of the photo.
cv::Mat sampled(const cv::Mat& mean, const std::vector<int>& columns, int row, cv::Size whole) {
  const auto place = [](int at, int from, int to) {
    return (static_cast<float>(at) + 0.5F) * static_cast<float>(static_cast<double>(from) / to) - 0.5F;
  };
  cv::Mat x(1, static_cast<int>(columns.size()), CV_32F), found;
  std::transform(columns.begin(), columns.end(), x.begin<float>(),
                 [&](int column) { return place(column, mean.cols, whole.width); });
  const cv::Mat y(1, x.cols, CV_32F, cv::Scalar(place(row, mean.rows, whole.height)));
  cv::remap(mean, found, x, y, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return found;
}

}  // namespace

cv::Mat palette_of(const Card& card) {
  cv::Mat colors(256, 1, CV_8UC3, cv::Scalar::all(0));
  for (int number = 0; number < 256; ++number) {
    auto& color = colors.at<cv::Vec3b>(number, 0);
    for (int bit = 0; bit < 8; ++bit) {
      for (int c = 0; c < 3; ++c) {
        color[c] = static_cast<std::uint8_t>(color[c] | ((number >> (3 * bit) >> c & 1) << (7 - bit)));
      }
    }
  }
  int number = card.output.multilabel && !card.colors.empty() ? 1 : 0;  // independent classes begin at 1
  for (const auto& color : card.colors) {
    if (number < 256) colors.at<cv::Vec3b>(number++, 0) = {color[0], color[1], color[2]};
  }
  return colors;
}

cv::Mat overlay(const cv::Mat& photo, const cv::Mat& mask, const cv::Mat& palette) {
  cv::Mat colors(mask.size(), CV_8UC3), tinted, edge, picture = photo.clone();
  for (int y = 0; y < mask.rows; ++y) {
    const auto* numbers = mask.ptr(y);
    std::transform(numbers, numbers + mask.cols, colors.ptr<cv::Vec3b>(y),
                   [&palette](std::uint8_t number) { return palette.at<cv::Vec3b>(number, 0); });
  }
  cv::addWeighted(photo, 0.5, colors, 0.5, 0, tinted);
  cv::morphologyEx(mask, edge, cv::MORPH_GRADIENT, cv::Mat::ones(3, 3, CV_8U));
  tinted.setTo(cv::Scalar::all(255), edge > 0);
  tinted.copyTo(picture, mask > 0);
  return picture;
}

cv::Mat cutout(const cv::Mat& photo, const cv::Mat& opacity) {
  const double radius = std::max(photo.rows, photo.cols) * kEdgeShare;
  const int times = halvings(radius / kRadius);
  cv::Mat front, back, picture;
  cv::cvtColor(photo, picture, cv::COLOR_RGB2RGBA);
  cv::insertChannel(opacity, picture, 3);
  for (int y = 0; y < photo.rows; ++y) {
    std::vector<int> columns;
    for (int x = 0; x < photo.cols; ++x) {
      if (opacity.at<std::uint8_t>(y, x) != 0 && opacity.at<std::uint8_t>(y, x) != 255) columns.push_back(x);
    }
    if (columns.empty()) continue;
    if (front.empty()) {
      const cv::Mat small = shrunk(photo, times), small_opacity = shrunk(opacity, times);
      const double small_radius = std::max(radius / std::pow(2.0, times), 0.5);
      front = local_mean(small, small_opacity, small_radius, true);
      back = local_mean(small, small_opacity, small_radius, false);
    }
    const cv::Mat fronts = sampled(front, columns, y, photo.size()), backs = sampled(back, columns, y, photo.size());
    for (int i = 0; i < fronts.cols; ++i) {
      const int x = columns[static_cast<std::size_t>(i)];
      const float share = static_cast<float>(opacity.at<std::uint8_t>(y, x)) / 255;
      for (int c = 0; c < 3; ++c) {
        const float f = fronts.at<cv::Vec3f>(0, i)[c], b = backs.at<cv::Vec3f>(0, i)[c];
        const float mixed = photo.at<cv::Vec3b>(y, x)[c];
        const float clean = f + share * (mixed - share * f - (1 - share) * b);
        picture.at<cv::Vec4b>(y, x)[c] = cv::saturate_cast<std::uint8_t>(clean);
      }
    }
  }
  return picture;
}

}  // namespace segment
