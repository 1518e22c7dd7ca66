#!/usr/bin/env bash
# Installs the servers that the benchmarks and the `*.servers.test.ts` suites run against. Needs root. Safe to call again:
# what is there stays, and nothing is left running.
#
# - nginx, haproxy, wrk, redis-server, PostgreSQL (Debian 12: 15), Prometheus, Alertmanager with amtool, Chromium,
#   testssl.sh, zsh and fish, by name from Debian.
# - FerretDB v1.24.2, which speaks MongoDB's wire protocol and keeps everything in PostgreSQL: mongod itself is in no
#   registry. Built with Go from scripts/ferretdb, whose go.sum pins every module. It goes to ferretdb-v1.24.2/ in
#   SLUICE_SERVERS_DIR, which is sluice/servers in the user's cache folder unless set; the suites look there.
# - The OpenTelemetry Collector v0.161.0 with the receiver for OTLP and the exporter to a file, in the same way, from
#   scripts/otelcol.
# - fastify, which the benchmark compares with, in bench/peers/fastify.
# - schemathesis, which tests the management API by its OpenAPI document: Python packages at the versions of
#   scripts/schemathesis/requirements.txt, in an environment of their own beside FerretDB.
# - PyJWT, which makes tokens by another library than the one that verifies them, in the same way.
set -euo pipefail
cd "$(dirname "$0")"

packages=(nginx-light haproxy wrk redis-server postgresql prometheus prometheus-alertmanager chromium testssl.sh zsh fish python3-venv)

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
  # Nor is a database cluster made with the package: the suites make their own in temporary folders.
  mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/sluice.conf
  apt-get update -qq </dev/null
  apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
fi

# For machines where they were installed earlier and came up with the system. Absent service managers are no error:
# then nothing was started either.
for service in nginx haproxy redis-server postgresql prometheus prometheus-alertmanager; do
  if service "$service" status >/dev/null 2>&1; then
    service "$service" stop
  fi
done

servers="${SLUICE_SERVERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/servers}"
# Where Go's own installer puts it, which is not on every path.
command -v go >/dev/null || PATH="$PATH:/usr/local/go/bin"

ferretdb="$servers/ferretdb-v1.24.2/ferretdb"
if ! "$ferretdb" --version >/dev/null 2>&1; then
  echo "building: FerretDB"
  mkdir -p "$(dirname "$ferretdb")"
  # Its other backend is left out, which saves a minute. Built beside its place, so that nobody finds half of it.
  (cd ferretdb && CGO_ENABLED=0 go build -buildvcs=false -trimpath -tags ferretdb_no_sqlite -o "$ferretdb.new" . </dev/null)
  mv "$ferretdb.new" "$ferretdb"
fi

otelcol="$servers/otelcol-v0.161.0/otelcol"
if ! "$otelcol" --version >/dev/null 2>&1; then
  echo "building: the OpenTelemetry Collector"
  mkdir -p "$(dirname "$otelcol")"
  (cd otelcol && CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags '-s -w' -o "$otelcol.new" . </dev/null)
  mv "$otelcol.new" "$otelcol"
fi

[[ -d ../bench/peers/fastify/node_modules ]] || npm ci --prefix ../bench/peers/fastify --no-progress

schemathesis="$servers/schemathesis-4.32.5/bin/schemathesis"
if ! "$schemathesis" --version >/dev/null 2>&1; then
  echo "installing: schemathesis"
  # An environment knows its own path, so it is made in its place: half of one has no working program, and is made again.
  python3 -m venv --clear "$servers/schemathesis-4.32.5"
  "$servers/schemathesis-4.32.5/bin/pip" install --quiet --no-deps -r schemathesis/requirements.txt
fi

pyjwt="$servers/pyjwt-2.15.1/bin/python"
if ! "$pyjwt" -c 'import jwt, cryptography' 2>/dev/null; then
  echo "installing: PyJWT"
  python3 -m venv --clear "$servers/pyjwt-2.15.1"
  "$servers/pyjwt-2.15.1/bin/pip" install --quiet --no-deps -r pyjwt/requirements.txt
fi

# PostgreSQL's programs are not on the path: Debian has a folder for each version.
postgres="$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)"
# sed reads to the end, as head does not: a program that is cut off would fail the script.
nginx -v 2>&1
haproxy -v | sed -n 1p
# wrk prints its version and then, because it got no address, its usage with exit code 1.
{ wrk -v || true; } | sed -n 1p
redis-server --version
"$postgres" --version
"$ferretdb" --version
"$otelcol" --version
"$schemathesis" --version
"$pyjwt" -c 'import jwt; print("PyJWT", jwt.__version__)'
prometheus --version 2>&1 | sed -n 1p
prometheus-alertmanager --version 2>&1 | sed -n 1p
chromium --version
