// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

// Version is the version of this module. The User-Agent header of requests contains it.
const Version = "0.1.0"
