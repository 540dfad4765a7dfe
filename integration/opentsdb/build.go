// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// buildTime bounds the time of Maven, which may download all libraries.
const buildTime = 8 * time.Minute

// sources has the source code of the launcher, which is built in another folder.
//
//go:embed launcher
var sources embed.FS

// program is a program of the launcher.
type program struct {
	java      string   // path of the virtual machine
	options   []string // of the virtual machine
	classpath string
	class     string
}

// version returns the version of a library of the program, which it takes from the name of the file. The
// programs do not report it: /api/version of the OpenTSDB on Maven Central has "BuildData".
func (p program) version(library string) (string, error) {
	for _, path := range filepath.SplitList(p.classpath) {
		if version, ok := strings.CutPrefix(filepath.Base(path), library+"-"); ok {
			return strings.TrimSuffix(version, ".jar"), nil
		}
	}
	return "", fmt.Errorf("no %s among %s", library, p.classpath)
}

// launcher has the programs that were built.
type launcher struct{ hbase, tsd program }

// buildLauncher returns the launcher's programs. It builds them unless there is a build of the same
// sources whose libraries still exist.
func buildLauncher(t testing.TB) launcher {
	t.Helper()
	java := find(t, "java", "default-jdk-headless")
	dir, err := buildDir()
	if err != nil {
		t.Fatal(err)
	}
	l, err := open(java, dir)
	if err == nil {
		return l
	}
	find(t, "javac", "default-jdk-headless")
	if err := build(t, find(t, "mvn", "maven"), dir); err != nil {
		t.Fatal(err)
	}
	if l, err = open(java, dir); err != nil {
		t.Fatal(err)
	}
	return l
}

// find returns the path of a program.
func find(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	const missing = "%s is not installed: apt-get install %s"
	if os.Getenv("CI") == "true" {
		t.Fatalf(missing, name, debianPackage)
	}
	t.Skipf("NOT TESTED: "+missing, name, debianPackage)
	return ""
}

// buildDir returns the folder of the build. Its name has a hash of the sources.
func buildDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	err = fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := sources.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%s %d\n%s", path, len(text), text)
		return err
	})
	return filepath.Join(cache, "apptuit-go", "opentsdb-"+hex.EncodeToString(hash.Sum(nil)[:8])), err
}

// open returns the programs of the build in a folder.
func open(java, dir string) (launcher, error) {
	read := func(module, class string, options ...string) (program, error) {
		text, err := os.ReadFile(filepath.Join(dir, "build", module, "classpath"))
		if err != nil {
			return program{}, err
		}
		classes := append([]string{filepath.Join(dir, "build", module, "classes")}, filepath.SplitList(strings.TrimSpace(string(text)))...)
		for _, path := range classes {
			if _, err := os.Stat(path); err != nil {
				return program{}, err
			}
		}
		// These options make short runs fast.
		options = append(options, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
		return program{java, options, strings.Join(classes, string(filepath.ListSeparator)), class}, nil
	}
	source := filepath.Join(dir, "launcher")
	hbase, err1 := read("hbase", "Storage", "-Xmx512m", "-Dlog4j.configuration=file:"+filepath.Join(source, "hbase", "log4j.properties"))
	tsd, err2 := read("tsd", "Tsd", "-Xmx256m", "-Dlogback.configurationFile="+filepath.Join(source, "tsd", "logback.xml"))
	return launcher{hbase, tsd}, errors.Join(err1, err2)
}

// build runs Maven in a copy of the sources. If all libraries are in the cache, it does not use the
// network.
func build(t testing.TB, mvn, dir string) (err error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	// Other test binaries may build at the same time. The temporary folder is beside the final folder, so
	// that it can be renamed.
	own, err := os.MkdirTemp(filepath.Dir(dir), ".build-*") //nolint:usetesting // see above
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(own)) }()
	if err := os.CopyFS(own, sources); err != nil {
		return err
	}
	run := func(options ...string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(t.Context(), buildTime)
		defer cancel()
		options = append(options, "--batch-mode", "--quiet", "-Doutput="+filepath.Join(own, "build"), "compiler:compile", "dependency:build-classpath")
		cmd := exec.CommandContext(ctx, mvn, options...)
		cmd.Dir = filepath.Join(own, "launcher")
		return cmd.CombinedOutput()
	}
	if _, err := run("--offline"); err != nil {
		t.Log("Maven downloads OpenTSDB and HBase, once")
		if output, err := run(); err != nil {
			return fmt.Errorf("building the launcher: %w\n%s", err, output)
		}
	}
	if err := os.RemoveAll(dir); err != nil { // an older build whose libraries are missing
		return err
	}
	err = os.Rename(own, dir)
	if _, missing := os.Stat(filepath.Join(dir, "build")); missing == nil {
		return nil // built here, or by another test binary
	}
	return err
}
