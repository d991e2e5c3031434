#!/usr/bin/env bash
# Runs uv with the index, the links and the certificates that pip was given on this machine: uv reads none of pip's settings.
#   scripts/uv.sh VENV ARGUMENT...
set -euo pipefail
venv=$1
shift
settings=$("$venv/bin/python" -m pip config list)

pip_setting() { # the value of an option; the environment goes before the files, as it does for pip
  local value
  value=$(sed -n "s/^:env:\.$1='\(.*\)'\$/\1/p" <<<"$settings")
  [[ -n $value ]] || value=$(sed -n "s/^\(global\|install\)\.$1='\(.*\)'\$/\2/p" <<<"$settings" | tail -1)
  printf '%s' "$value"
}

give() { # give UV_VARIABLE PIP_OPTION: unless the user has set uv's own
  local value
  value=$(pip_setting "$2")
  [[ -z $value || -n ${!1:-} ]] || export "$1=$value"
}

give UV_DEFAULT_INDEX index-url
give UV_INDEX extra-index-url
give UV_FIND_LINKS find-links
give UV_INSECURE_HOST trusted-host
give UV_HTTP_TIMEOUT default-timeout
give SSL_CERT_FILE cert
exec "$venv/bin/uv" "$@"
