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

// maxInstances bounds the processes that share a folder.
const maxInstances = 64

// claim finds a folder that no other process has.
func claim(dir string, instances bool) (string, *os.File, error) {
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

// makeFolder makes a folder that survives a crash as its files do.
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
	_ = syncFolder(parent) // which may be of somebody else
	return nil
}

// lockFolder returns a file that holds the lock, nil if another one does.
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

// adopt takes over what other instances have left: those that are gone hold no
// lock.
func (f *Folder) adopt(dir string) {
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
