#!/usr/bin/env bash
# Installs the servers that the benchmarks and the `*.servers.test.ts` suites run against: nginx, haproxy and wrk, by
# name from Debian. Needs root. Safe to call again: what is there stays, and nothing is left running.
set -euo pipefail

packages=(nginx-light haproxy wrk)

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done

if ((${#missing[@]} > 0)); then
  echo "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Debian starts a server as soon as it is installed. 101 from policy-rc.d means "not allowed": ours are started by the
  # suites, on ports and with configurations of their own. A policy that is already there is left alone.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  apt-get update -qq </dev/null
  apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
fi

# For machines where they were installed earlier and came up with the system. Absent service managers are no error:
# then nothing was started either.
for service in nginx haproxy; do
  if service "$service" status >/dev/null 2>&1; then
    service "$service" stop
  fi
done

nginx -v 2>&1
haproxy -v | head -n 1
# wrk prints its version and then, because it got no address, its usage with exit code 1.
{ wrk -v || true; } | head -n 1
