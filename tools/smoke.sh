#!/usr/bin/env bash
# The first minutes on other Python versions: a wheel, ONNX Runtime and no Paddle, one photo, from another folder.
# Takes the interpreters named as arguments, else the ones of 3.10 and 3.12 that are found; none found is no fault.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

interpreters() {
    local version found
    for version in 3.10 3.12; do
        for found in "$(command -v "python$version" || true)" "$HOME"/.pyenv/versions/"$version".*/bin/python; do
            if [ -x "$found" ] && "$found" -c 'import venv, ensurepip' 2>/dev/null; then
                echo "$found"
                break
            fi
        done
    done
}

[ $# -gt 0 ] || mapfile -t found < <(interpreters)
for python in "${@:-${found[@]:-}}"; do
    [ -n "$python" ] || continue
    version=$("$python" -c 'import platform; print(platform.python_version())')
    "$python" -m venv "$work/$version"
    bin=$work/$version/bin
    # The tested versions where the extra asks for the package, else what setup.py allows. Built in a copy, since
    # setuptools leaves folders behind.
    mkdir "$work/source-$version"
    (cd "$root" && tar -cf - --exclude=./.venv --exclude=./output --exclude=./.git .) | tar -xf - -C "$work/source-$version"
    "$bin/pip" wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work/$version" "$work/source-$version"
    "$bin/pip" install --quiet --disable-pip-version-check --constraint "$root/requirements.txt" \
        "$(echo "$work/$version"/*.whl)[onnx]"
    cd "$work/$version"
    "$bin/paddleseg" doctor env > doctor.txt
    "$bin/paddleseg" zoo list > zoo.txt
    "$bin/paddleseg" predict --model_path zoo://portrait --image_path "$root/data/portrait_mini/images/000000000785.jpg" \
        --save_dir masks > predict.txt
    "$bin/python" -c 'import sys, paddleseg; assert "site-packages" in paddleseg.__file__ and "paddle" not in sys.modules'
    [ -n "$(find masks -name '*.png')" ] || { echo "Python $version: predict wrote no mask" >&2; exit 1; }
    echo "Python $version: wheel, doctor and predict work without Paddle"
done
