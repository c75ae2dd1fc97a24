#!/bin/sh
# Makes the virtual environment named by the first argument, unless a working one is there.
# Looks for Python 3.11 or later ($PYTHON3, then the usual names), and says what to install without.
set -eu
venv=$1

"$venv/bin/python" -c 'import pip' 2>/dev/null && exit 0

for name in ${PYTHON3:-} python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done

if [ -z "${python:-}" ]; then
    echo "setup: Python 3.11 or later is missing: sudo apt install python3 python3-venv" >&2
    echo "setup: if it has another name, say so: make PYTHON3=/path/to/python3 …" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "setup: Python's module venv is missing: sudo apt install python3-venv" >&2
    exit 1
fi
"$python" -m venv --clear "$venv"
