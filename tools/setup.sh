#!/usr/bin/env bash
# Makes the environment that `make` uses: a virtual environment with the pinned, hashed
# packages and this project installed in place. usage: tools/setup.sh FOLDER [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
find_python() {
  for name in "$@"; do
    if command -v "$name" >/dev/null && "$name" -c "$supported" 2>/dev/null; then
      echo "$name"
      return
    fi
  done
}
python=$(find_python ${2:-python3 python3.13 python3.12 python3.11 python})
if [ -z "$python" ]; then
  echo "This book needs Python 3.11, 3.12 or 3.13; found: $(python3 --version 2>&1 || echo none)." >&2
  exit 1
fi

# The lock names every package, so none is looked for beyond it (--no-deps); `pip check`
# says whether one is missing.
# Bytecode is compiled once, here: without it every kernel would start three times slower.
unset PYTHONDONTWRITEBYTECODE
echo "setting up $folder with $("$python" --version) (once; about a minute)"
if command -v uv >/dev/null; then
  uv venv --quiet --clear --python "$(command -v "$python")" --seed "$folder"
  uv pip install --quiet --compile-bytecode --no-deps --require-hashes --python "$folder/bin/python" -r requirements.lock
else
  "$python" -m venv --clear "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
fi
# The project itself: in place, without its build tools being fetched anew.
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
"$folder/bin/python" -m pip check --quiet --disable-pip-version-check
