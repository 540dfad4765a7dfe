#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Installs the missing servers of the integration tests, and Python's venv for integration/apptuitpy, from Debian's packages. This needs
# apt-get, and root or sudo without a password. With INSTALL=no, the script only lists the missing packages. The packages do not start the
# servers; the tests do. With CI=true, the script fails if a package is still missing.
set -euo pipefail

# Debian installs some servers outside a user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Programs and their packages. javac and mvn build and run OpenTSDB, which its tests get from Maven Central.
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

# Debian runs this file before it starts a service. The exit status 101 prevents the start.
policy=/usr/sbin/policy-rc.d

install_packages() {
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
	if [[ ! -e $policy ]]; then
		trap 'as_root rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
		as_root chmod 755 "$policy"
	fi
	# If apt-get cannot update the list of one package source, the packages may still be available from another.
	as_root "${apt[@]}" update || true
	as_root "${apt[@]}" install --no-install-recommends "$@"
}

packages=$(missing)
[[ -n $packages ]] || exit 0

if can_install; then
	echo "installing $packages"
	# shellcheck disable=SC2086 # The packages are separate words.
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
