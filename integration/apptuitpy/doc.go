// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package apptuitpy compares this library with apptuit-py 2.4.2, the Python client and reporter that it
// replaces. The tests install apptuit-py and pyformance from PyPI into a virtual environment. Both sides get
// the same names, points, observations, answers and queries. The tests compare the points at a recording
// server, the errors, and the frames of queries. Intended differences are listed with their reasons; any
// other difference fails the tests.
//
// The package is a module of its own and consists of tests only.
package apptuitpy
