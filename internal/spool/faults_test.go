// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/spool"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

// disk is a drive in memory, a process with an open spool on it, and the drops that the spool
// has reported.
type disk struct {
	t       *testing.T
	drive   *memdisk.Drive
	process *memdisk.Process
	folder  *spool.Folder
	drops   []spool.Drop
}

func newDisk(t *testing.T, limit int64) *disk {
	d := &disk{t: t, drive: memdisk.New()}
	d.open(limit)
	return d
}

// open opens the folder as a new process.
func (d *disk) open(limit int64) {
	d.t.Helper()
	var err error
	d.process = d.drive.Process()
	limits := spool.Limits{Bytes: limit, Age: time.Hour}
	d.folder, err = spool.OpenOn(d.process, "/spool", limits, spool.Options{Dropped: func(drop spool.Drop) { d.drops = append(d.drops, drop) }})
	if err != nil {
		d.t.Fatal(err)
	}
}

// openInstance opens the folder as a new process with instances, which may use a subfolder.
func (d *disk) openInstance() {
	d.t.Helper()
	var err error
	d.process = d.drive.Process()
	limits := spool.Limits{Bytes: 1 << 20, Age: time.Hour}
	options := spool.Options{Instances: true, Dropped: func(drop spool.Drop) { d.drops = append(d.drops, drop) }}
	if d.folder, err = spool.OpenOn(d.process, "/spool", limits, options); err != nil {
		d.t.Fatal(err)
	}
}

// fail makes all operations of these kinds fail with err.
func (d *disk) fail(err error, kinds ...memdisk.Kind) {
	d.drive.SetFault(func(op memdisk.Operation) (f memdisk.Fault) {
		if slices.Contains(kinds, op.Kind) {
			f.Err = err
		}
		return f
	})
}

// batch returns test batch i, with ten points and a file of 1,060 bytes.
func batch(i int) *spool.Batch {
	body := make([]byte, 1000)
	copy(body, fmt.Sprintf("batch %d ", i))
	return &spool.Batch{Points: 10, Raw: 5000, Time: time.Now(), Body: body}
}

func (d *disk) put(i int) error { return d.folder.Put(batch(i), func() bool { return true }) }

// batches takes all batches, and returns their numbers in the order of Take.
func (d *disk) batches() []int {
	d.t.Helper()
	var numbers []int
	for file := d.folder.Take(func(*spool.File) bool { return true }); file != nil; file = d.folder.Take(func(*spool.File) bool { return true }) {
		b, err := d.folder.Read(file)
		if err != nil {
			d.t.Fatal(err)
		}
		var i int
		if _, err := fmt.Sscanf(string(b.Body), "batch %d ", &i); err != nil {
			d.t.Fatal(err)
		}
		numbers = append(numbers, i)
	}
	return numbers
}

func (d *disk) want(numbers ...int) {
	d.t.Helper()
	if diff := cmp.Diff(numbers, d.batches()); diff != "" {
		d.t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func TestFolder_Put_DropsNothingIfItFails(t *testing.T) {
	d := newDisk(t, 2500)
	if err := errors.Join(d.put(0), d.put(1)); err != nil {
		t.Fatal(err)
	}
	d.fail(syscall.ENOSPC, memdisk.Write)
	if err := d.put(2); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Put: %v", err)
	}
	d.drive.SetFault(nil)
	if c := d.folder.Content(); c.Batches != 2 || c.Points != 20 || c.Bytes > 2500 {
		t.Errorf("%+v", c)
	}
	if len(d.drops) > 0 {
		t.Errorf("drops %v", d.drops)
	}
	if err := d.put(3); err != nil {
		t.Fatal(err)
	}
	d.want(1, 3)
}

func TestFolder_Put_KeepsABatchThatCannotBeRemoved(t *testing.T) {
	d := newDisk(t, 2500)
	if err := errors.Join(d.put(0), d.put(1)); err != nil {
		t.Fatal(err)
	}
	d.fail(syscall.EIO, memdisk.Remove)
	if err := d.put(2); err != nil {
		t.Fatal(err)
	}
	if c := d.folder.Content(); c.Batches != 3 || len(d.drops) != 1 || d.drops[0].Points != 0 || !errors.Is(d.drops[0].Err, syscall.EIO) {
		t.Errorf("%+v, drops %v", c, d.drops)
	}
	d.drive.SetFault(nil)
	d.want(1, 2)
	if len(d.drops) != 2 || d.drops[1].Points != 10 {
		t.Errorf("drops %v", d.drops)
	}
}

// A batch survives a power loss after Put has returned. A power loss during Put leaves the
// complete batch or no batch.
func TestFolder_Put_IsDurable(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		d := newDisk(t, 1<<20)
		left, killed := random.IntN(40), false
		d.drive.SetFault(func(memdisk.Operation) memdisk.Fault {
			left--
			killed = killed || left == 0
			return memdisk.Fault{Kill: killed}
		})
		kept := []int{}
		for i := range 5 {
			if d.put(i) == nil && !killed { // results of a killed process are ignored
				kept = append(kept, i)
			}
		}
		d.process.Kill()
		d.drive.LosePower(random.IntN)
		d.drive.SetFault(nil)
		d.open(1 << 20)
		got := d.batches()
		if len(got) < len(kept) || len(got) > len(kept)+1 || !slices.Equal(got[:len(kept)], kept) {
			t.Errorf("seed %d: batches %v, want %v and at most one more", seed, got, kept)
		}
		d.drops = slices.DeleteFunc(d.drops, func(drop spool.Drop) bool { return errors.Is(drop.Err, memdisk.ErrKilled) })
		if len(d.drops) > 0 {
			t.Errorf("seed %d: drops %v", seed, d.drops)
		}
		for name := range d.drive.Files() {
			if strings.HasSuffix(name, ".tmp") {
				t.Errorf("seed %d: the temporary file %s is left", seed, name)
			}
		}
	}
}

func TestFolder_Quarantine_KeepsAFileThatCannotBeMoved(t *testing.T) {
	d := newDisk(t, 1<<20)
	if err := d.put(0); err != nil {
		t.Fatal(err)
	}
	file := d.folder.Take(func(*spool.File) bool { return true })
	d.fail(syscall.EROFS, memdisk.Rename)
	if d.folder.Quarantine(file, errors.New("bad")) || d.folder.Content().Points != 10 {
		t.Errorf("%+v", d.folder.Content())
	}
	d.drive.SetFault(nil)
	if !d.folder.Quarantine(file, errors.New("bad")) || d.folder.Content().Points != 0 {
		t.Errorf("%+v", d.folder.Content())
	}
	if len(d.drops) != 2 || d.drops[0].Points != 0 || d.drops[1].Points != 10 {
		t.Errorf("drops %v", d.drops)
	}
}

// If the folder can be neither synced nor the file removed, the batch remains in the folder and
// is counted.
func TestFolder_Put_CountsABatchThatIsStillThere(t *testing.T) {
	d := newDisk(t, 1<<20)
	d.fail(syscall.EIO, memdisk.SyncFolder, memdisk.Remove)
	if err := d.put(0); err != nil {
		t.Errorf("Put: %v", err)
	}
	abandoned := d.folder.Put(batch(1), func() bool { return false })
	d.drive.SetFault(nil)
	if !errors.Is(abandoned, syscall.EIO) {
		t.Errorf("abandoned Put: %v", abandoned)
	}
	if c := d.folder.Content(); c.Batches != 2 || c.Points != 20 || c.Found != 10 {
		t.Errorf("%+v, want 10 stored points and 10 found points", c)
	}
	if len(d.drops) != 2 || d.drops[0].Points != 0 || !strings.Contains(d.drops[0].Err.Error(), "/spool: ") {
		t.Errorf("drops %v", d.drops)
	}
	d.want(0, 1)
}

// If Replace fails to sync the folder, and cannot remove the parts that it has written, the parts
// replace the batch.
func TestFolder_Replace_CountsAPartThatIsStillThere(t *testing.T) {
	d := newDisk(t, 1<<20)
	if err := d.put(0); err != nil {
		t.Fatal(err)
	}
	d.fail(syscall.EIO, memdisk.SyncFolder, memdisk.Remove)
	parts, err := d.folder.Replace(d.folder.Take(func(*spool.File) bool { return true }), batch(1))
	d.drive.SetFault(nil)
	if err != nil || len(parts) != 1 || d.folder.Content().Points != 10 {
		t.Errorf("%v, %v, %+v", parts, err, d.folder.Content())
	}
	d.drive.Delete("lock")
	d.folder.Maintain() // compares files and index; the replaced batch, whose file remains, must not be found again
	if c := d.folder.Content(); c.Batches != 1 || c.Found != 0 {
		t.Errorf("%+v", c)
	}
}
