// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package runtimemetrics x.
package runtimemetrics
