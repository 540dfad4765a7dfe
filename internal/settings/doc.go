// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package settings is the table of everything that a user can set: the option, the
// environment variable, the key in declarative configuration, the key of the Collector's
// exporter, type, default and description of each setting.
//
// Packages internal/client and exporter read the environment by this table, and tests
// generate the tables of docs/settings.md and of otelconf's README, and the lists of variables
// in package comments from it. Package otelconf decodes its keys by it, and the doctor
// explains with it which value is in effect.
//
// To add a setting, add a row, and the function that sets it in the packages that read it:
// their tests name the functions that are missing.
package settings
