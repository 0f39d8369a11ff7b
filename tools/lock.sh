#!/usr/bin/env bash
# Resolves requirements.in once for Python 3.11 to 3.13: requirements.lock has hashes, for
# make and CI; requirements.txt has the same pins and the project itself, for people.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.lock
{
  echo "# Written by \`make lock\` from requirements.in: the pins of requirements.lock without"
  echo "# hashes, and the project in place. pip install -r requirements.txt && jupyter-book build ."
  grep -E '^[a-z0-9]' requirements.lock | sed 's/ \\$//'
  echo "--editable ."
} >requirements.txt
