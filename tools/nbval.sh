#!/usr/bin/env bash
# Runs every committed notebook and compares each output with the stored one, strictly,
# on the lowest and the highest supported Python that this machine has. What passed once
# is not run again until a notebook, a table, the package or the environment changes.
set -euo pipefail
cd "$(dirname "$0")/.."

run() {
  local python="$1/bin/python" passed
  passed=_build/.passed/notebooks-$("$python" -c '
import hashlib
from explainer.build import ROOT, dependencies_digest, sha256
notebooks = [sha256(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
print(hashlib.sha256("".join([dependencies_digest(), *notebooks]).encode()).hexdigest())')
  if [ -e "$passed" ]; then
    echo "notebooks on $("$python" --version): unchanged since they passed"
    return
  fi
  echo "notebooks on $("$python" --version)"
  EXPLAINER_OUTPUT=book "$python" -m pytest -q -p no:cacheprovider --nbval \
    --nbval-cell-timeout=120 -n 2 --dist loadfile -W ignore notebooks
  mkdir -p "${passed%/*}" && touch "$passed"
}

version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }
here=$(version .venv/bin/python)
found=$(for minor in 11 12 13; do
  if [ "$(version "python3.$minor" || true)" = "3.$minor" ]; then echo "3.$minor"; fi
done; echo "$here")
lowest=$(sort -t. -k2n <<<"$found" | head -1)
highest=$(sort -t. -k2n <<<"$found" | tail -1)

for wanted in $(printf '%s\n' "$lowest" "$highest" | sort -u); do
  if [ "$wanted" = "$here" ]; then
    run .venv
  else
    sum=$(cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)
    if [ ! -e ".venv-$wanted/.ready-$sum" ]; then
      tools/setup.sh ".venv-$wanted" "python$wanted"
      touch ".venv-$wanted/.ready-$sum"
    fi
    run ".venv-$wanted"
  fi
done
