// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package settings contains the table of all settings. A row has the options, the environment
// variable, the key in declarative configuration (YAML), the key of the Collector's exporter, the
// type, the default and the description of a setting.
//
// Packages internal/client and exporter read the environment with this table, package otelconf
// decodes its keys with it, and the doctor reports with it which value is in effect. Tests write
// docs/settings.md, the tables in the README of otelconf, and the lists of variables in package
// comments from it.
//
// To add a setting, add a row to table.go. The tests of the packages that read the setting then fail
// and name the functions that they need.
package settings
