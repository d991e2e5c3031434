#!/usr/bin/env bash
# Checks that the machine has what cannot be installed by pip, and names the command that installs what is missing.
#   scripts/check_machine.sh PYTHON
set -euo pipefail
python=$1
failed=0

need() { # need WHAT APT_PACKAGE
  echo "Tawny needs $1. On Debian or Ubuntu: apt-get install -y $2" >&2
  failed=1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  need "Python 3.11 or newer ($python is not; name another with make PYTHON=...)" python3
"$python" -c 'import ensurepip, venv' 2>/dev/null || need "Python's venv module" python3-venv
java=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' || true)
[[ ${java:-0} -ge 17 ]] || need "Java 17 or newer on PATH (found: ${java:-none})" openjdk-17-jre-headless
# Horovod is built from source; its CMake comes from pip (requirements/build.txt).
command -v g++ >/dev/null || need "a C++ compiler" g++
command -v make >/dev/null || need make make
exit "$failed"
