// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package apptuitpy compares this library with apptuit-py 2.4.2, the Python client
// and reporter that it replaces. The tests install apptuit-py and pyformance from
// PyPI into a virtual environment, give both sides the same names, points,
// observations, answers and queries, and compare what arrives at one recording
// server, which errors occur, and which frames a query returns. Each difference
// that is wanted is listed with its reason; any other fails the tests.
//
// The package is a module of its own and consists of tests only.
package apptuitpy
