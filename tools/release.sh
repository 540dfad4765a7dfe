#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Makes a release of the root module and of the nested modules that get tags, all at one version. See docs/releasing.md.
#
# The script works in a temporary clone. It makes a release commit, in which modules with tags have no replace directives, all modules require
# the new version of each other, and go.sum contains the checksums of the new versions. Go computes these checksums from the tags of the clone,
# with a temporary module cache. The tags are on the release commit. A second commit restores the replace directives.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/modules.sh

usage() {
	cat <<'EOF'
usage: tools/release.sh [--verify] [--commit] VERSION

Makes the release VERSION, for example 0.2.0, in a temporary clone, and shows the commit and the tags.
  --verify  also vets each module from its tag, as a user gets it, and compares its API with the last release; takes minutes, and disk space
            for all dependencies
  --commit  then fetches the commits and the tags into this repository, onto the current branch; pushes nothing
EOF
}

verify=no commit=no version=
for argument in "$@"; do
	case $argument in
	--verify) verify=yes ;;
	--commit) commit=yes ;;
	-h | --help) usage && exit ;;
	-*) usage >&2 && exit 2 ;;
	*) if [[ -n $version ]]; then usage >&2 && exit 2; else version=${argument#v}; fi ;;
	esac
done
if [[ -z $version ]]; then usage >&2 && exit 2; fi

source_repository=$PWD
root=$(awk '$1 == "module" { print $2; exit }' go.mod)

# tag prints the tag of the module in a folder. "." is the root.
tag() {
	[[ $1 == . ]] || printf '%s/' "$1"
	printf 'v%s\n' "$version"
}

# module_path prints the path of the module in a folder.
module_path() {
	if [[ $1 == . ]]; then printf '%s\n' "$root"; else printf '%s/%s\n' "$root" "$1"; fi
}

modules=()
for module in "${released_modules[@]}"; do
	[[ ! -e $module/go.mod ]] || modules+=("$module")
done

# All faults are reported together.
faults=()
[[ $version =~ ^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$ ]] ||
	faults+=("$version is not a version, for example 0.2.0 or 0.2.0-rc.1")
[[ $(code_version) == "$version" ]] ||
	faults+=("apptuitclient/version.go has the version $(code_version), not $version")
awk -v heading="## [$version]" '
	/^## / { here = index($0, heading) == 1; next }
	here && NF && !/^#/ { found = 1 }
	END { exit !found }
' CHANGELOG.md || faults+=("CHANGELOG.md has no entries below a heading \"## [$version]\"")
[[ -z $(git status --porcelain) ]] ||
	faults+=("the working tree is not clean: see git status")
[[ $commit == no ]] || git var GIT_COMMITTER_IDENT >/dev/null ||
	faults+=("git has no name and address for commits: set user.name and user.email with git config")
for module in . "${modules[@]}"; do
	if git rev-parse -q --verify "refs/tags/$(tag "$module")" >/dev/null; then
		faults+=("the tag $(tag "$module") exists already")
	fi
done
while IFS= read -r module; do
	is_released "$module" || is_unreleased "$module" ||
		faults+=("tools/modules.sh does not say whether $module gets tags")
	is_released "$module" || continue
	while read -r _ path _; do
		dir=${path#"$root"} dir=${dir#/}
		[[ -z $dir ]] || is_released "$dir" ||
			faults+=("$module gets tags, but requires $dir, which gets none")
	done < <(directives "$module/go.mod" | grep -E "^require ${root}[/ ]" || true)
done < <(nested_modules)
if ((${#faults[@]})); then
	printf '%s\n' "${faults[@]}" >&2
	exit 1
fi

tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
clone=$tmp/clone
git clone -q --no-checkout "$source_repository" "$clone"
git -C "$clone" checkout -q -B release "$(git rev-parse HEAD)"
for setting in user.name user.email; do
	git -C "$clone" config "$setting" "$(git config "$setting" || echo unknown)"
done
mkdir "$tmp/nowhere"

# as_user runs a command with a new module cache, so that Go downloads the modules of this repository from the tags of the clone. Modules of
# others come from the module cache of this machine, if it has them.
as_user() {
	env GOWORK=off GOFLAGS=-modcacherw GOMODCACHE="$tmp/modules" \
		GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)" \
		GONOPROXY="$root,$(go env GONOPROXY)" GONOSUMDB="$root,$(go env GONOSUMDB)" \
		GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$clone.insteadOf" GIT_CONFIG_VALUE_0="https://$root" \
		"$@"
}

# go_sums prints the two lines of go.sum for the module in a folder, which Go computes from its tag.
go_sums() {
	local path answer
	path=$(module_path "$1")
	answer=$(cd "$tmp/nowhere" && as_user go mod download -json "$path@v$version") || {
		echo "$answer" >&2
		return 1
	}
	sed -nE \
		-e "s#^\s*\"Sum\": \"(.*)\",?#$path v$version \1#p" \
		-e "s#^\s*\"GoModSum\": \"(.*)\",?#$path v$version/go.mod \1#p" <<<"$answer"
}

# add_sums inserts the lines of one module into a go.sum file, which is sorted by path.
add_sums() {
	local sums=$1 file=$2
	touch "$file"
	LC_ALL=C SUMS=$sums awk -v path="${sums%% *}" '
		$1 == path { next }
		!done && $1 > path { print ENVIRON["SUMS"]; done = 1 }
		{ print }
		END { if (!done) print ENVIRON["SUMS"] }
	' "$file" >"$tmp/go.sum"
	cp "$tmp/go.sum" "$file"
}

# tag_release commits the changes for a module, and tags the commit. For a nested module it amends the commit of the root.
tag_release() {
	local options=(-q --all --message="Release v$version")
	[[ $1 == . ]] || options+=(--amend)
	git commit --allow-empty "${options[@]}"
	git tag --no-sign "$(tag "$1")"
}

cd "$clone"
before=$(git rev-parse HEAD)

# All modules require the release. Modules with tags lose their replace directives; the others keep them.
ours() { directives "$1" | awk -v root="$root" -v kind="$2" '$1 == kind && index($2 "/", root "/") == 1 { print $2 }'; }
while IFS= read -r module; do
	while IFS= read -r path; do
		go mod edit -require="$path@v$version" "$module/go.mod"
	done < <(ours "$module/go.mod" require)
	is_released "$module" || continue
	while IFS= read -r path; do
		go mod edit -dropreplace="$path" "$module/go.mod"
	done < <(ours "$module/go.mod" replace)
	if directives "$module/go.mod" | grep '^replace '; then
		echo "$module/go.mod replaces a module of another repository, which Go ignores for users of the module" >&2
		exit 1
	fi
done < <(nested_modules)
tag_release .

# The checksum of a module covers its go.mod and go.sum. So a module comes after the modules that it requires.
declare -A sums=()
sums[$root]=$(go_sums .)
waiting=("${modules[@]}")
while ((${#waiting[@]})); do
	later=()
	for module in "${waiting[@]}"; do
		missing=no
		while IFS= read -r path; do
			[[ -n ${sums[$path]:-} ]] || missing=yes
		done < <(ours "$module/go.mod" require)
		if [[ $missing == yes ]]; then
			later+=("$module")
			continue
		fi
		while IFS= read -r path; do
			add_sums "${sums[$path]}" "$module/go.sum"
		done < <(ours "$module/go.mod" require)
		git add "$module/go.sum"
		tag_release "$module"
		sums[$(module_path "$module")]=$(go_sums "$module")
	done
	if ((${#later[@]} == ${#waiting[@]})); then
		echo "these modules require each other in a cycle: ${later[*]}" >&2
		exit 1
	fi
	waiting=("${later[@]}")
done

# Move all tags to the final commit. The files of a module have not changed since its checksum was computed, so Go must compute the same
# checksum again with a new cache.
tags=()
for module in . "${modules[@]}"; do
	git tag --force --annotate --message="v$version" "$(tag "$module")" >/dev/null
	tags+=("$(tag "$module")")
done
chmod -R u+w "$tmp/modules" && rm -rf "$tmp/modules"
for module in . "${modules[@]}"; do
	if [[ $(go_sums "$module") != "${sums[$(module_path "$module")]}" ]]; then
		echo "the checksum of $module in go.sum differs from the checksum of its tag" >&2
		exit 1
	fi
done

if [[ $verify == yes ]]; then
	(cd "$source_repository/tools" && go build -o "$tmp/gorelease" golang.org/x/exp/cmd/gorelease)
	previous=$(git describe --tags --abbrev=0 --match='v[0-9]*' "$before" 2>/dev/null || true)
	for module in . "${modules[@]}"; do
		echo "==> verify $module"
		base=none
		prefix=${module#.}
		if [[ -n $previous ]] && git rev-parse -q --verify "refs/tags/${prefix:+$prefix/}$previous" >/dev/null; then
			base=$previous
		fi
		(
			cd "$module"
			as_user go mod tidy -diff
			as_user go vet ./...
		)
		# gorelease refuses a version whose tag exists, so the tag is removed meanwhile. Its report is not an error here: for example, gorelease
		# takes the new value of apptuitclient.Version for a change of the API.
		ref=refs/tags/$(tag "$module")
		object=$(git rev-parse "$ref")
		git update-ref -d "$ref"
		(cd "$module" && as_user "$tmp/gorelease" -base="$base" -version="v$version") ||
			echo "gorelease objects to the version v$version: check the reasons above"
		git update-ref "$ref" "$object"
	done
fi

release=$(git rev-parse HEAD)
git read-tree -u --reset "$before"
git commit -q --allow-empty --message="Back to development"

echo "==> the release commit of v$version, which a second commit reverts:"
git --no-pager show --stat --format='%h %s' "$release"
git --no-pager diff --unified=0 "$before" "$release" -- '*go.mod' '*go.sum' | grep -E '^(\+\+\+|[-+][^-+])' | sed 's|^+++ b/||'
echo "==> tags: ${tags[*]}"

cd "$source_repository"
if [[ $commit == yes ]]; then
	git fetch -q --no-tags "$clone" release
	git merge -q --ff-only FETCH_HEAD
	for name in "${tags[@]}"; do
		git fetch -q --no-tags "$clone" "refs/tags/$name:refs/tags/$name"
	done
	echo "==> both commits and the tags are in this repository. To publish them in one push:"
else
	echo "==> nothing has changed in this repository. After a run with --commit, this publishes commits and tags in one push:"
fi
echo "git push --atomic origin HEAD:main ${tags[*]}"
