// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

// Version is the version of this module, as the User-Agent has it.
const Version = "0.1.0"
