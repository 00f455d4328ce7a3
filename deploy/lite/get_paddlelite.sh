#!/usr/bin/env bash
# Paddle Lite for CMakeLists.txt: an archive of its official releases, unpacked. The version is that of the `opt` that
# `paddleseg export --to lite` uses; a file of another version may be refused by the library.
#
# Paddle's releases have no published checksums, and none could be taken here: set PADDLE_LITE_SHA256 to the one that you
# trust, such as that of a first download on another network. Without it the script prints what it got, and goes on.
#
# usage: get_paddlelite.sh [FOLDER [android-arm64|android-armv7|linux-arm64|linux-armv7hf|linux-x86_64]]
set -euo pipefail

fail() {
  printf '%s: %s\n  hint: %s\n' "$1" "$2" "$3" >&2
  exit 2
}

version=${PADDLE_LITE_VERSION:-v2.13-rc}
folder=$(realpath -m "${1:-$(dirname "$0")/paddle_lite}")
target=${2:-android-arm64}
declare -A archives=(
  [android-arm64]=android.armv8.clang.c++_shared.with_extra.with_cv
  [android-armv7]=android.armv7.clang.c++_shared.with_extra.with_cv
  [linux-arm64]=armlinux.armv8.gcc.with_extra.with_cv
  [linux-armv7hf]=armlinux.armv7hf.gcc.with_extra.with_cv
  [linux-x86_64]=x86.linux.gcc
)
name=${archives[$target]:-}
[ -n "$name" ] || fail "$target" "has no release that is known here" "one of: ${!archives[*]}"
[ ! -e "$folder" ] || fail "$folder" "is there already" "remove it, or name another folder"
for tool in curl tar sha256sum; do
  command -v "$tool" >/dev/null || fail "$tool" "is not installed" "install it"
done

url=https://github.com/PaddlePaddle/Paddle-Lite/releases/download/$version/inference_lite_lib.$name.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
curl --fail --location --silent --show-error --output "$work/archive.tar.gz" "$url" ||
  fail "$url" "cannot be fetched" "look for its name at https://github.com/PaddlePaddle/Paddle-Lite/releases, and set PADDLE_LITE_VERSION"
got=$(sha256sum "$work/archive.tar.gz" | cut -d ' ' -f 1)
if [ -n "${PADDLE_LITE_SHA256:-}" ]; then
  [ "$got" = "$PADDLE_LITE_SHA256" ] || fail "$url" "has sha256 $got, not $PADDLE_LITE_SHA256" "fetch it again, or ask where yours is from"
else
  echo "not checked: $url has sha256 $got; keep it as PADDLE_LITE_SHA256" >&2
fi
tar -xzf "$work/archive.tar.gz" -C "$work"
header=$(find "$work" -name paddle_api.h -path '*cxx/include*' | head -n 1)
[ -n "$header" ] || fail "$url" "has no C++ interface" "take another archive of the release"
mkdir -p "$(dirname "$folder")"
mv "$(dirname "$(dirname "$header")")" "$folder"
echo "Paddle Lite $version for $target is in $folder: -DPADDLE_LITE_ROOT=$folder"
