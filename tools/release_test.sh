#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Tests release.sh on a small repository of the same structure: it refuses invalid arguments and states, a dry run changes nothing, and users
# can build the tagged modules. The test needs no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/tools
root=github.com/apptuitai/apptuit-go

tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
repository=$tmp/repository
failed=0

# If a git hook runs this script, the environment has variables of the hook's repository.
# shellcheck disable=SC2046 # The output is a list of names.
unset $(git rev-parse --local-env-vars)
export GOWORK=off GOFLAGS='' GOPROXY=off GONOPROXY='' GONOSUMDB='' GOPRIVATE='' GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null

fault() {
	echo "release_test: $*" >&2
	failed=1
}

# module creates a module in the folder $1. It requires the root and the modules in the further folders, and uses their packages.
module() {
	local dir=$1 name replace path
	shift
	name=$(basename "$dir")
	mkdir -p "$dir"
	{
		printf 'module %s/%s\n\ngo 1.25.0\n\n' "$root" "$dir"
		for path in . "$@"; do
			path=$root/$path path=${path%/.}
			# shellcheck disable=SC2001 # a pattern
			replace=$(sed 's|[^/]*|..|g' <<<"$dir")${path#"$root"}
			printf 'require %s v0.0.0\nreplace %s => %s\n' "$path" "$path" "$replace"
		done
	} >"$dir/go.mod"
	{
		printf 'package %s\n\nimport (\n\t"%s/apptuitclient"\n' "$([[ $dir == */*/* ]] && echo main || echo "${name//-/}")" "$root"
		for path; do printf '\t"%s/%s"\n' "$root" "$path"; done
		printf ')\n\nconst Name = apptuitclient.Version + "/%s"' "$name"
		for path; do printf ' + " of " + %s.Name' "$(basename "$path")"; done
		printf '\n'
		[[ $dir != */*/* ]] || printf '\nfunc main() { println(Name) }\n'
	} >"$dir/$name.go"
	(cd "$dir" && go mod edit -fmt)
}

make_repository() {
	mkdir -p "$repository/apptuitclient" "$repository/tools"
	cd "$repository"
	git init -q --initial-branch=main
	git config user.name tester
	git config user.email tester@example.org
	cp "$tools/release.sh" "$tools/modules.sh" tools/
	printf 'module %s/tools\n\ngo 1.25.0\n' "$root" >tools/go.mod
	printf 'module %s\n\ngo 1.25.0\n' "$root" >go.mod
	printf 'package apptuitclient\n\nconst Version = "0.1.0"\n' >apptuitclient/version.go
	printf 'The licence.\n' >LICENSE
	printf '# Changelog\n\n## [Unreleased]\n\n- A thing.\n\n## [0.2.0] - 2030-01-01\n\n### Added\n\n## [0.1.0] - 2029-01-01\n\n- All.\n' >CHANGELOG.md
	module integration/autoexport
	module integration/collector
	module integration/collector/otelcol-apptuit integration/collector
	module integration/e2e
	module examples/autoexport integration/autoexport
	commit First
}

commit() {
	git add --all
	git commit -q --message="$1"
}

# refuses WHY ARGUMENTS TEXT… runs release.sh with the words of ARGUMENTS. It must fail, and its output must contain each TEXT.
refuses() {
	local why=$1 arguments=$2 output text
	shift 2
	# shellcheck disable=SC2086 # The arguments are separate words.
	if output=$(tools/release.sh $arguments 2>&1); then
		fault "$why is not refused"
	fi
	for text; do
		[[ $output == *"$text"* ]] || fault "the output for $why does not contain \"$text\": $output"
	done
}

state() {
	git rev-parse HEAD
	git for-each-ref
	git status --porcelain
}

make_repository
refuses "no version" "" "usage:"
refuses "a second version" "0.1.0 0.2.0" "usage:"
refuses "an unknown flag" "--push 0.1.0" "usage:"
refuses "half a version" "1.0" "1.0 is not a version" "has the version 0.1.0, not 1.0" "[1.0]"
refuses "an empty section" "0.2.0" "not 0.2.0" '"## [0.2.0]"'
touch new
refuses "a new file" "0.1.0" "not clean"
rm new
module integration/other
commit "Add a module that tools/modules.sh does not list"
refuses "an unknown module" "0.1.0" "whether integration/other gets tags"
git reset -q --hard HEAD^
module integration/autoexport integration/e2e
commit "Require a module without tags in a module with tags"
refuses "a requirement without releases" "0.1.0" "integration/autoexport gets tags, but requires integration/e2e"
git reset -q --hard HEAD^

before=$(state)
output=$(tools/release.sh v0.1.0 2>&1) || fault "the dry run fails: $output"
for text in "-replace $root => ../.." "+require $root v0.1.0" "+$root v0.1.0 h1:" "integration/collector/otelcol-apptuit/v0.1.0" "nothing has changed"; do
	[[ $output == *"$text"* ]] || fault "the output of the dry run does not contain \"$text\": $output"
done
[[ $(state) == "$before" ]] || fault "the dry run has changed the repository"

tree=$(git rev-parse 'HEAD^{tree}')
output=$(tools/release.sh --commit 0.1.0 2>&1) || fault "the release fails: $output"
[[ $(git rev-parse 'HEAD^{tree}') == "$tree" ]] || fault "the commit after the release does not restore the files"
want="integration/autoexport/v0.1.0 integration/collector/otelcol-apptuit/v0.1.0 integration/collector/v0.1.0 v0.1.0"
[[ $(git tag | LC_ALL=C sort | xargs) == "$want" ]] || fault "the tags are $(git tag | xargs), not $want"
for name in $(git tag); do
	[[ $(git rev-parse "$name^{commit}") == $(git rev-parse HEAD^) ]] || fault "$name is not on the release commit"
done
refuses "a second release" "0.1.0" "the tag v0.1.0 exists" "the tag integration/collector/v0.1.0 exists"

# All modules of the release commit build with its go.mod and go.sum files.
git checkout -q v0.1.0
if grep -l '^replace\|=>' integration/autoexport/go.mod integration/collector/go.mod integration/collector/*/go.mod; then
	fault "the release has replace directives"
fi
export GOFLAGS=-modcacherw GOMODCACHE=$tmp/modules GOPROXY=direct GONOSUMDB=$root
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$repository.insteadOf" GIT_CONFIG_VALUE_0="https://$root"
for dir in integration/autoexport integration/collector integration/collector/otelcol-apptuit integration/e2e examples/autoexport; do
	(cd "$dir" && go mod tidy -diff && go vet ./...) || fault "$dir does not build at its tag"
done

# A user can install the program by its tag. Go would refuse a module with replace directives.
mkdir "$tmp/bin"
(cd "$tmp" && GOBIN=$tmp/bin go install "$root/integration/collector/otelcol-apptuit@v0.1.0") || fault "go install fails"
printed=$("$tmp/bin/otelcol-apptuit" 2>&1) || true
[[ $printed == "0.1.0/otelcol-apptuit of 0.1.0/collector" ]] || fault "the program installed prints \"$printed\""

exit "$failed"
