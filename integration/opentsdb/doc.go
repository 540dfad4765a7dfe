// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package opentsdb starts OpenTSDB for tests: the unmodified release on Maven Central, with an unmodified
// HBase whose ZooKeeper runs in the same process.
//
// [StartHBase] starts the storage. [HBase.Start] starts any number of OpenTSDB servers over it, each with
// its own configuration. All processes listen on free ports of the loopback interface only, and write into
// temporary folders. They end with the test, and also if the test binary dies: they end when their standard
// input, a pipe from the test binary, is closed.
//
// Java and Maven are required. The first start builds the two small programs in the folder launcher into
// the user's cache directory, for which Maven downloads over 100 MB. Later starts do not need Maven. If a
// program is missing, the test is skipped; with CI=true in the environment it fails.
package opentsdb
