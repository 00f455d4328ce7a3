#!/usr/bin/env bash
# ONNX Runtime for CMakeLists.txt, of packages of npm and PyPI: Microsoft's headers and its library for Linux.
# Needs npm, pip and unzip. The archive onnxruntime-linux-x64-VERSION.tgz of ONNX Runtime's releases, unpacked, does as
# well, and so does its GPU package.
#
# usage: get_onnxruntime.sh [FOLDER [x86_64|aarch64]]      (deploy/cpp/onnxruntime and this machine's by default)
set -euo pipefail

folder=$(realpath -m "${1:-$(dirname "$0")/onnxruntime}")
# The headers of ONNX Runtime for iOS are those for Linux; newer ones than the library's do, since the program asks for
# an interface of 1.17.
headers=com.github.asus4.onnxruntime@0.4.8
headers_sha256=007a59a954d2161ffb1b3977a649c7945ee37bf30ad493891d4252c02e9536a4
version=1.23.2
declare -A library_sha256=(
  [x86_64]=da44b99206e77734c5819aa2142c69e64f3b46edc3bd314f6a45a932defc0b3e
  [aarch64]=bbfd2fca76c855317568c1b36a885ddea2272c13cb0e395002c402f2360429a6
)

fail() {
  printf '%s: %s\n  hint: %s\n' "$1" "$2" "$3" >&2
  exit 2
}

machine=${2:-$(uname -m)}
sha256=${library_sha256[$machine]:-}
[ -n "$sha256" ] || fail "$machine" "has no package that is known here" "build ONNX Runtime, and give -DONNXRUNTIME_ROOT"
for tool in npm python3 tar unzip sha256sum; do
  command -v "$tool" >/dev/null || fail "$tool" "is not installed" "install it, or unpack an archive of ONNX Runtime's releases"
done
[ ! -e "$folder" ] || fail "$folder" "is there already" "remove it, or name another folder"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
archive=$(npm pack --silent "$headers")
echo "$headers_sha256  $archive" | sha256sum --check --quiet
tar -xzf "$archive" --wildcards '*/ios-arm64/onnxruntime.framework/Headers/*.h'
echo "onnxruntime==$version --hash=sha256:$sha256" >requirement.txt
python3 -m pip download --quiet --no-deps --require-hashes --only-binary :all: --python-version 3.11 \
  --platform "manylinux_2_28_$machine" --dest wheel --requirement requirement.txt
unzip -q wheel/*.whl 'onnxruntime/capi/libonnxruntime.so.*' 'onnxruntime/*LICENSE*' 'onnxruntime/ThirdPartyNotices.txt'

mkdir -p made/include made/lib
find package -name '*.h' -exec mv {} made/include ';'
mv onnxruntime/capi/libonnxruntime.so.* made/lib
mv onnxruntime/*LICENSE* onnxruntime/ThirdPartyNotices.txt made
name=libonnxruntime.so.$version
ln -s "$name" made/lib/libonnxruntime.so.1
ln -s "$name" made/lib/libonnxruntime.so
mkdir -p "$(dirname "$folder")"
mv made "$folder"
echo "ONNX Runtime $version is in $folder"
