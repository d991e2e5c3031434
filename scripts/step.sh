#!/usr/bin/env bash
# Runs one step of set-up and says so in plain words: what it is, and its seconds when it is done.
#   scripts/step.sh NAME WORDS COMMAND
# COMMAND is a line for bash. What its tools print goes to .cache/logs/NAME.log, and is shown when the step fails.
set -euo pipefail
name=$1
words=$2
command=$3
log=.cache/logs/$name.log

mkdir -p "$(dirname "$log")"
printf '%s ... ' "$words" >&2
trap 'echo "interrupted" >&2; exit 130' INT TERM
SECONDS=0
status=0
bash -euo pipefail -c "$command" >"$log" 2>&1 || status=$?
if [[ $status -ne 0 ]]; then
  echo "failed after $SECONDS s. The end of what it printed:" >&2
  tail -n 40 "$log" | sed -e '/^[[:space:]]*$/d' -e 's/^/  | /' >&2
  echo "The whole log is $log. What is done is kept: run the same command again." >&2
  exit "$status"
fi
echo "$SECONDS s" >&2
