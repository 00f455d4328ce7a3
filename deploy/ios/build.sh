#!/usr/bin/env bash
# portrait_lite.xcframework for Package.swift: deploy/lite as a static library, for phones and their simulator.
# Needs macOS with Xcode and CMake, and ONNX Runtime for iOS: its headers and onnxruntime.xcframework (the pod
# onnxruntime-c), unpacked in a folder.
#
# usage: build.sh FOLDER_OF_ONNXRUNTIME
set -euo pipefail

fail() {
  printf '%s: %s\n  hint: %s\n' "$1" "$2" "$3" >&2
  exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || fail build.sh "takes the folder of ONNX Runtime" "build.sh FOLDER, with Headers/ and onnxruntime.xcframework/"
[ "$(uname)" = Darwin ] || fail "$(uname)" "has no SDK of iOS" "run this on macOS with Xcode"
onnxruntime=$(cd "$1" && pwd)
[ -d "$onnxruntime/Headers" ] || fail "$onnxruntime" "has no Headers/" "unpack the archive of the pod onnxruntime-c"
[ ! -e "$here/portrait_lite.xcframework" ] || fail "$here/portrait_lite.xcframework" "is there already" "remove it"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/headers"
cp "$here/../lite/include/portrait_lite.h" "$here/module.modulemap" "$work/headers"
arguments=()
for kind in iphoneos:ios-arm64:arm64 iphonesimulator:ios-arm64_x86_64-simulator:arm64\;x86_64; do
  IFS=: read -r sdk slice processors <<<"$kind"
  framework=$onnxruntime/onnxruntime.xcframework/$slice/onnxruntime.framework
  [ -d "$framework" ] || fail "$framework" "is not there" "take the xcframework with phones and simulator"
  mkdir -p "$work/onnxruntime/$sdk/lib"
  ln -s "$onnxruntime/Headers" "$work/onnxruntime/$sdk/include"
  cp "$framework/onnxruntime" "$work/onnxruntime/$sdk/lib/libonnxruntime.a"
  cmake -S "$here/../lite" -B "$work/$sdk" -G Xcode -DCMAKE_SYSTEM_NAME=iOS -DCMAKE_OSX_SYSROOT="$sdk" \
    -DCMAKE_OSX_ARCHITECTURES="$processors" -DCMAKE_OSX_DEPLOYMENT_TARGET=14.0 -DLITE_STATIC=ON \
    -DONNXRUNTIME_ROOT="$work/onnxruntime/$sdk"
  cmake --build "$work/$sdk" --config Release --target portrait_lite
  libtool -static -o "$work/$sdk/libportrait.a" $(find "$work/$sdk" -path '*Release*' -name '*.a') \
    "$work/onnxruntime/$sdk/lib/libonnxruntime.a"
  arguments+=(-library "$work/$sdk/libportrait.a" -headers "$work/headers")
done
xcodebuild -create-xcframework "${arguments[@]}" -output "$here/portrait_lite.xcframework"
