// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"slices"
	"strings"
)

// Setting is a row of the table.
type Setting struct {
	// Name is the key of the setting in declarative configuration. A dot separates the name
	// of a mapping from the key within it. A setting without such a key has a name, too.
	Name  string
	Group Group

	// Options are the functions that set the setting, with the name of their package. Package exporter
	// offers each option of apptuitclient under the same name, which is not repeated here.
	Options []string
	// Variable is the environment variable. It is overridden by the options, and by the keys
	// of declarative configuration. The Collector's exporter reads no variables.
	Variable string
	// Override lists further options, without their package, that override or ignore the variable.
	Override []string
	// Deprecated is a variable that is read, with a warning, if Variable is not set.
	Deprecated string
	// CollectorKey is the key of the Collector's exporter; "::" separates the name of a
	// mapping from the key within it. "=" stands for Name.
	CollectorKey string

	// NoVariable, NoKey and NoCollectorKey are the reasons why the setting has no variable, no
	// key in declarative configuration, and no key of the Collector; "" if it has one.
	NoVariable, NoKey, NoCollectorKey string

	Type             Type
	Choices          []string // the values of a Choice
	Default          string   // in the form of the variable, or a description; "" means that there is none
	CollectorDefault string   // if it is not Default
	Doc              string   // describes the setting to users of all forms, in full sentences
	KeyDoc           string   // more about keys and how they combine with the variable; "" if there is no more to say
	Secret           Secrecy
	Switch           Switch // of a Flag
}

// Secrecy says which part of a value must not be shown.
type Secrecy uint8

// The parts of a value that must not be shown.
const (
	Public      Secrecy = iota // none: the whole value can be shown
	SecretValue                // the whole value
	SecretFile                 // the content of the file that the value names
	SecretInURL                // user information and query of the URL
)

// Switch says how a Flag is set. Options without arguments can set only one of two values.
type Switch uint8

const (
	// On means that the option sets true, and so does the variable with yes.
	On Switch = iota
	// Off means that the option sets false. The variable sets true with yes, false with no.
	Off
	// Disable means that the option sets false, and so does the variable with yes.
	Disable
)

// Group is a topic of the documentation.
type Group uint8

// The groups, in the order of the documentation.
const (
	Server Group = iota
	Credentials
	Connection
	Delivery
	Spool
	Names
	Tags
	Values
	Reporter
	Operation
)

// String returns the title of the group.
func (g Group) String() string {
	return [...]string{
		"Server", "Credentials", "Connection", "Delivery", "Spool", "Names", "Tags", "Values", "Reporter layout", "Operation",
	}[g]
}

// Groups returns all groups in the order of the documentation.
func Groups() []Group {
	var all []Group
	for g := Server; g <= Operation; g++ {
		all = append(all, g)
	}
	return all
}

// FullDoc returns Doc and KeyDoc, for pages that list keys.
func (s *Setting) FullDoc() string { return strings.TrimSpace(s.Doc + " " + s.KeyDoc) }

// HasKey reports whether the setting has a key in declarative configuration.
func (s *Setting) HasKey() bool { return s.NoKey == "" }

// Collector returns the key of the Collector's exporter, "" if there is none.
func (s *Setting) Collector() string {
	if s.CollectorKey == "=" {
		return s.Name
	}
	return s.CollectorKey
}

// WithVariables returns the settings that have a variable.
func WithVariables() []Setting {
	return slices.DeleteFunc(All(), func(s Setting) bool { return s.Variable == "" })
}

// Keys returns the settings that have a key in declarative configuration.
func Keys() []Setting { return slices.DeleteFunc(All(), func(s Setting) bool { return !s.HasKey() }) }

// Named returns the setting with a name.
func Named(name string) (s Setting, ok bool) {
	all := All()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return all[i], true
}

// Split splits a name into the name of the top-level key and that of the key within it.
func (s *Setting) Split() (top, within string) {
	top, within, _ = strings.Cut(s.Name, ".")
	return top, within
}
