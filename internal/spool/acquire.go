// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// maxInstances limits the processes that share a folder, each with a subfolder.
const maxInstances = 64

// acquire locks the folder, or with instances the first of its subfolders that no other
// process has locked, and returns its path.
func acquire(dir string, instances bool) (string, *os.File, error) {
	candidates := []string{dir}
	if instances {
		for i := 2; i <= maxInstances; i++ {
			candidates = append(candidates, filepath.Join(dir, strconv.Itoa(i)))
		}
	}
	for _, candidate := range candidates {
		if err := makeFolder(candidate); err != nil {
			return "", nil, err
		}
		file, err := lockFolder(candidate)
		if file != nil || err != nil {
			return candidate, file, err
		}
	}
	return "", nil, fmt.Errorf("%s: %w", dir, ErrInUse)
}

// makeFolder creates a folder and its parents, and syncs them: a crash must not lose the
// folder of a batch that is safe.
func makeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	_ = syncFolder(parent) // the parent may belong to another user
	return nil
}

// lockFolder returns the open file that holds the lock of a folder, or nil if another
// process holds it.
func lockFolder(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	held, err := lock(file)
	if held {
		return file, nil
	}
	_ = file.Close()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return nil, nil
}

// takeOver moves the batches of instances that have ended into this folder. An instance
// has ended if nobody holds the lock of its folder.
func (f *Folder) takeOver(dir string) {
	for i := 1; i <= maxInstances; i++ {
		other := filepath.Join(dir, strconv.Itoa(i))
		if i == 1 {
			other = dir
		}
		if _, err := os.Stat(filepath.Join(other, lockName)); err != nil || other == f.dir {
			continue
		}
		file, err := lockFolder(other)
		if file == nil || err != nil {
			continue
		}
		names, _ := filepath.Glob(filepath.Join(other, "*"+batchSuffix))
		for _, name := range names {
			_ = os.Rename(name, filepath.Join(f.dir, filepath.Base(name)))
		}
		_ = file.Close()
	}
}
