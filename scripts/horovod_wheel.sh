#!/usr/bin/env bash
# Prints the path of a Horovod wheel; builds it first (1 to 3 minutes) where the shelf has none.
#   scripts/horovod_wheel.sh VENV SHELF
# The wheel is compiled against the TensorFlow of VENV, so its place on the shelf names both versions, Python's and the machine's.
set -euo pipefail
venv=$1
shelf=$2
requirements=$(cd "$(dirname "$0")/../requirements" && pwd)

key=$("$venv/bin/python" - "$requirements/horovod.txt" <<'PY'
import platform, re, sys
from importlib.metadata import version
horovod = re.search(r"^horovod==(\S+)", open(sys.argv[1]).read(), re.M)[1]
print(f"horovod-{horovod}-tf{version('tensorflow')}-cp{sys.version_info[0]}{sys.version_info[1]}-{platform.machine()}")
PY
)
place="$shelf/$key"
log="$shelf/$key.log"

build() { # build WORK: leaves the wheel in WORK/done
  local work=$1 tools="$1/tools"
  # The build needs older tools than the venv has, and the venv's TensorFlow.
  "$venv/bin/python" -m venv "$tools"
  "$tools/bin/pip" install --require-hashes -r "$requirements/build.txt"
  "$venv/bin/python" -c 'import site; print(site.getsitepackages()[0])' >"$(echo "$tools"/lib/python3.*/site-packages)/venv.pth"
  export PATH="$tools/bin:$PATH"
  pip download --no-deps --no-build-isolation --no-binary horovod --require-hashes -r "$requirements/horovod.txt" -d "$work"
  tar -xzf "$work"/horovod-*.tar.gz -C "$work" --strip-components=1 --one-top-level=source
  # XLA's headers left TensorFlow's wheel: the file that uses them is not part of the build (horovod issue 3996).
  sed -i '/tensorflow\/xla_mpi_ops.cc/d' "$work/source/horovod/tensorflow/CMakeLists.txt"
  export HOROVOD_WITH_TENSORFLOW=1 HOROVOD_WITH_GLOO=1 HOROVOD_WITHOUT_MPI=1 HOROVOD_WITHOUT_PYTORCH=1 HOROVOD_WITHOUT_MXNET=1
  pip wheel --no-deps --no-build-isolation --wheel-dir "$work/done" "$work/source"
}

if [[ ! -d $place ]]; then
  echo "Building $key, once for all checkouts (1 to 3 minutes; log: $log)" >&2
  mkdir -p "$shelf"
  work=$(mktemp -d "$shelf/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # Not in a condition: `set -e` must hold inside.
  trap 'rm -rf "$work"; tail -30 "$log" >&2; echo "Horovod did not build; the whole log: $log" >&2' ERR
  (build "$work") >"$log" 2>&1
  trap - ERR
  # Two checkouts may build at once; the first wins.
  mv -T "$work/done" "$place" 2>/dev/null || [[ -d $place ]]
fi
ls "$place"/horovod-*.whl
