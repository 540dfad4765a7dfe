// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package opentsdb starts OpenTSDB for tests: the release on Maven Central, unmodified,
// over HBase, unmodified, in a process with its ZooKeeper.
//
// [StartHBase] starts the storage, and [HBase.Start] any number of OpenTSDBs over it, each
// with its own configuration. All listen on free ports of the loopback interface only and
// write into temporary folders. They end with the test, and also if the test binary dies:
// their standard input is a pipe from it, and they end when that does.
//
// Java and Maven are needed. The first start builds the two small programs of the folder
// launcher into the user's cache directory, for which Maven downloads some 110 MB; later
// starts do not need Maven. If a program is missing, the test is skipped, and says so; with
// CI=true in the environment it fails instead.
package opentsdb
