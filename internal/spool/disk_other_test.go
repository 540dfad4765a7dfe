// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package spool

// childOfDisk does nothing, because full disks are tested only on Linux.
func childOfDisk(string, string, func(error)) bool { return false }
