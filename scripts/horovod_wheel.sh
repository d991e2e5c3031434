#!/usr/bin/env bash
# Builds the Horovod wheel once and keeps it in a cache folder; prints the wheel's path.
#   scripts/horovod_wheel.sh VENV_PYTHON CACHE_DIR
# The wheel is compiled against the TensorFlow of VENV_PYTHON, so the cache is keyed by both versions.
set -euo pipefail
python=$1
cache=$2
here=$(cd "$(dirname "$0")/.." && pwd)

version=$(sed -n 's/^horovod==\([^ ]*\).*/\1/p' "$here/requirements/horovod.txt")
tf=$("$python" -c 'from importlib.metadata import version; print(version("tensorflow"))')
abi=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
shelf="$cache/horovod-$version-tf$tf-$abi"
if compgen -G "$shelf/horovod-*.whl" >/dev/null; then
  ls "$shelf"/horovod-*.whl
  exit 0
fi

command -v g++ >/dev/null || { echo "Building Horovod needs a C++ compiler: apt-get install -y g++" >&2; exit 1; }
command -v make >/dev/null || { echo "Building Horovod needs make: apt-get install -y make" >&2; exit 1; }

mkdir -p "$cache"
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "building Horovod $version for TensorFlow $tf (1 to 3 minutes, once)" >&2
{
  # The tools of the build live beside it, not in the user's environment.
  "$python" -m venv "$work/tools" --system-site-packages --without-pip
  "$python" -m uv pip install -q --python "$work/tools/bin/python" --require-hashes -r "$here/requirements/build.txt"
  echo "$("$python" -c 'import site; print(site.getsitepackages()[0])')" \
    > "$work/tools/lib/$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')/site-packages/tensorflow_of_the_venv.pth"
  "$python" -m pip download -q --no-deps --no-build-isolation --no-binary :all: --require-hashes \
    -r "$here/requirements/horovod.txt" -d "$work" 2>/dev/null || \
    PATH="$work/tools/bin:$PATH" "$work/tools/bin/python" -m pip download -q --no-deps --no-build-isolation --no-binary :all: \
      --require-hashes -r "$here/requirements/horovod.txt" -d "$work"
  tar -xzf "$work"/horovod-*.tar.gz -C "$work" --strip-components=1 --one-top-level=src
  # XLA's headers left TensorFlow's wheel: the file that uses them is not part of the build (upstream issue 3996).
  sed -i '/tensorflow\/xla_mpi_ops.cc/d' "$work/src/horovod/tensorflow/CMakeLists.txt"
  cd "$work/src"
  PATH="$work/tools/bin:$PATH" HOROVOD_WITH_TENSORFLOW=1 HOROVOD_WITH_GLOO=1 HOROVOD_WITHOUT_MPI=1 \
    HOROVOD_WITHOUT_PYTORCH=1 HOROVOD_WITHOUT_MXNET=1 \
    "$work/tools/bin/python" setup.py -q bdist_wheel -d "$work/dist"
} >"$cache/horovod-build.log" 2>&1 || { tail -30 "$cache/horovod-build.log" >&2; echo "Horovod did not build; the whole log: $cache/horovod-build.log" >&2; exit 1; }
mkdir -p "$shelf.part" && mv "$work"/dist/horovod-*.whl "$shelf.part/" && mv "$shelf.part" "$shelf"
ls "$shelf"/horovod-*.whl
