// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"cmp"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/env"
	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// Variable is an environment variable that is set.
type Variable struct {
	Name       string
	Text       string // the value, without white space around it
	ReplacedBy string // the variable to use instead, if this variable is deprecated; otherwise ""
}

// ReadEnvironment calls the function of each setting whose variable is set. set has the
// functions by the names of the settings; settings without a function are not read. An empty
// variable counts as unset.
//
// The settings that first names are read before all others, in the order of first, for
// functions that need their values. The others are read in the order of the table.
func ReadEnvironment(set map[string]func(Variable), first ...string) {
	all := WithVariables()
	slices.SortStableFunc(all, func(a, b Setting) int { return cmp.Compare(rank(a.Name, first), rank(b.Name, first)) })
	for _, s := range all {
		read := set[s.Name]
		if read == nil {
			continue
		}
		if text := env.Get(s.Variable); text != "" {
			read(Variable{Name: s.Variable, Text: text})
		} else if text := env.Get(s.Deprecated); text != "" {
			read(Variable{Name: s.Deprecated, Text: text, ReplacedBy: s.Variable})
		}
	}
}

// rank returns the position of a name in first, or the position after all of them.
func rank(name string, first []string) int {
	if i := slices.Index(first, name); i >= 0 {
		return i
	}
	return len(first)
}

// prefix is the prefix of the names of all variables of this module.
const prefix = "APPTUIT_"

// serviceLink matches the variables that Kubernetes sets in each container for a service named
// apptuit, or apptuit-something (Kubernetes, Service: environment variables).
const serviceLink = `_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`

// Unknown is an environment variable whose name begins with APPTUIT_, and that no setting reads.
type Unknown struct {
	Name    string
	Nearest string // the variable that was probably meant, or "" if none is similar
}

// UnknownVariables returns the variables of an environment that no setting reads, although their names
// begin with APPTUIT_, in upper or lower case. The environment has the form of os.Environ. Variables
// in others are known. Variables that Kubernetes sets for a service whose name begins with apptuit are
// left out. The result is sorted by name. On Windows, names are in upper case.
func UnknownVariables(environ, others []string) []Unknown {
	var current []string
	known, variableOf := slices.Clone(others), map[string]string{}
	for _, s := range WithVariables() {
		known = append(known, s.Variable, s.Deprecated)
		byName := prefix + strings.ToUpper(strings.ReplaceAll(s.Name, ".", "_"))
		variableOf[s.Variable], variableOf[byName] = s.Variable, s.Variable
		current = append(current, s.Variable, byName)
	}
	var unknown []Unknown
	link := regexp.MustCompile(serviceLink)
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		if runtime.GOOS == "windows" { // the case of names does not matter
			name = strings.ToUpper(name)
		}
		if value == "" || !strings.HasPrefix(strings.ToUpper(name), prefix) || slices.Contains(known, name) || link.MatchString(name) {
			continue
		}
		unknown = append(unknown, Unknown{Name: name, Nearest: variableOf[nearest.Name(name, current)]})
	}
	slices.SortFunc(unknown, func(a, b Unknown) int { return strings.Compare(a.Name, b.Name) })
	return unknown
}
