#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Installs the servers that the integration tests run against, and Python's venv for integration/apptuitpy, from Debian's packages, when one
# is missing and when it can: apt-get is there and the user is root or has sudo without a password. INSTALL=no only tells what is missing.
# The tests start the servers themselves; the packages start none. A server that is still missing is an error with CI=true.
set -euo pipefail

# Debian keeps servers where a user's PATH may not look.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Each server's program and its package. Of OpenTSDB, what it is built and run with: its tests get it from Maven Central.
servers=(
	victoria-metrics:victoria-metrics
	influxd:influxdb
	nginx:nginx-light
	caddy:caddy
	javac:default-jdk-headless
	mvn:maven
	strace:strace
)

missing() {
	local server
	{
		for server in "${servers[@]}"; do
			command -v "${server%:*}" >/dev/null || echo "${server#*:}"
		done
		python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
	} | paste -sd' ' -
}

as_root() {
	if ((EUID == 0)); then "$@"; else sudo -n -- "$@"; fi
}

can_install() {
	[[ ${INSTALL:-yes} == yes ]] && command -v apt-get >/dev/null && as_root true 2>/dev/null
}

# Debian asks this file before it starts a service; 101 forbids it.
policy=/usr/sbin/policy-rc.d

install_packages() {
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
	if [[ ! -e $policy ]]; then
		trap 'as_root rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
		as_root chmod 755 "$policy"
	fi
	# A package list that cannot be had, of a source of the user's own, is no reason to stop.
	as_root "${apt[@]}" update || true
	as_root "${apt[@]}" install --no-install-recommends "$@"
}

packages=$(missing)
[[ -n $packages ]] || exit 0

if can_install; then
	echo "installing $packages"
	# shellcheck disable=SC2086 # the packages are words of their own
	install_packages $packages </dev/null || echo "apt-get failed" >&2
	hash -r
	packages=$(missing)
	[[ -n $packages ]] || exit 0
fi

cat >&2 <<EOF
********************************************************************************
MISSING: $packages
The tests against them cannot run. On Debian or Ubuntu, install them as root:
  apt-get update && apt-get install -y --no-install-recommends $packages
********************************************************************************
EOF
[[ ${CI:-} != true ]]
