#!/bin/sh
# Pins every Python package, with the hashes of all its files, for every platform and Python >= 3.11:
# requirements.lock (to run and to test), requirements-typings.lock (the stubs of MicroPython),
# requirements-fuzz.lock (the fuzzer).
# Downloads the newest that pyproject.toml allows; the resolver lives in build/ and leaves nothing else.
set -eu
cd "$(dirname "$0")/.."
folder=build/lock
rm -rf "$folder"
.venv/bin/python -m venv "$folder"
"$folder/bin/python" -m pip --no-cache-dir --disable-pip-version-check --quiet install uv

compile() {
    output=$1
    shift
    "$folder/bin/uv" pip compile --quiet --no-config --cache-dir "$folder/cache" \
        --universal --python-version 3.11 --generate-hashes --upgrade \
        --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command "make lock" --output-file "$output" "$@"
}

compile requirements.lock pyproject.toml --group dev
compile requirements-typings.lock --group typings
compile requirements-fuzz.lock --group fuzz
rm -rf "$folder"
