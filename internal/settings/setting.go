// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"slices"
	"strings"
)

// Setting is a row of the table: one setting.
type Setting struct {
	// Name identifies the setting. It is also its key in declarative configuration, unless NoKey
	// is set. A dot separates the name of a mapping from the key within it, as in tls.ca_file.
	Name  string
	Group Group

	// Options are the options that set the setting, for example exporter.WithPrefix. The options of
	// apptuitclient are also options of package exporter, and not repeated here.
	Options []string
	// Variable is the environment variable, or "". The options and the key in declarative
	// configuration override it. The Collector's exporter reads no variables.
	Variable string
	// Override are further options that override or ignore the variable, without their package.
	Override []string
	// Deprecated is a variable that is read, with a warning, if Variable is not set.
	Deprecated string
	// CollectorKey is the key of the Collector's exporter, or "". The value "=" stands for Name. In
	// other values, "::" separates the name of a mapping from the key within it.
	CollectorKey string

	// NoVariable, NoKey and NoCollectorKey are the reasons why the setting has no variable, no
	// key in declarative configuration, or no key of the Collector. A reason is "" if it has one.
	NoVariable, NoKey, NoCollectorKey string

	Type             Type
	Choices          []string // the values of a Choice
	Default          string   // in the form of the variable, or a description; "" if there is no default
	CollectorDefault string   // the default of the Collector's exporter; "" if it is Default
	Doc              string   // describes the setting to users of all forms, in full sentences
	KeyDoc           string   // more about keys and how they combine with the variable; "" if there is no more to say
	Secret           Secrecy
	Switch           Switch // of a Flag
}

// Secrecy is the part of a value that must not be shown.
type Secrecy uint8

// The parts of a value that must not be shown.
const (
	Public      Secrecy = iota // none: the whole value can be shown
	SecretValue                // the whole value
	SecretFile                 // the content of the file that the value names
	SecretInURL                // the user information and the query of the URL
)

// Switch is the effect of the option and the variable of a Flag. The option has no argument, and can
// set only one value.
type Switch uint8

const (
	// On means that the option enables the setting, and so does the variable with the value yes.
	On Switch = iota
	// Off means that the option disables the setting, and the variable enables it with the value
	// yes.
	Off
	// Disable means that the option disables the setting, and so does the variable with the value
	// yes.
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

// Collector returns the key of the Collector's exporter, or "" if there is none.
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

// Named returns the setting with the given name. It returns false if there is none.
func Named(name string) (s Setting, ok bool) {
	all := All()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return all[i], true
}

// Split returns the top-level key of the setting, and the key within it, for example tls and ca_file.
// The latter is "" if the setting is a top-level key.
func (s *Setting) Split() (top, within string) {
	top, within, _ = strings.Cut(s.Name, ".")
	return top, within
}
