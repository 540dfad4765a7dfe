// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// schedule is a configuration and steps, drawn at random from a seed.
type schedule struct {
	seed   uint64
	config config
	steps  []step
}

// config is the configuration of all clients of a schedule.
type config struct {
	spool       bool
	instances   bool
	bytes       int64
	age         time.Duration
	rate        float64
	compression apptuitclient.Compression
	batch       int
	inFlight    int
	retry       apptuitclient.RetryConfig
	timeout     time.Duration
	self        bool // the exporter's own metrics
	user        string
	owner       bool // the exporter creates the client, and closes it
	calm        bool // no step can make a client send a point again that was stored or refused
}

// action is the kind of a step.
type action uint8

const (
	export action = iota
	send
	pause
	serverReacts
	serverRefusesConnections
	serverRecovers
	serverClosesIdle
	diskFails
	diskIsSlow
	diskRecovers
	rotate
	tokenFails
	flush
	shutdown
	closeClient
	restart
	killAtDisk
	losePower
	inspect
	rollingUpdate
	removeLocks
	replaceFolder
	foreignFiles
	craftedFile
	actions // the number of actions
)

func (a action) String() string {
	return [...]string{
		"export", "send", "pause", "serverReacts", "serverRefusesConnections", "serverRecovers", "serverClosesIdle", "diskFails", "diskIsSlow",
		"diskRecovers", "rotate", "tokenFails", "flush", "shutdown", "closeClient", "restart", "killAtDisk", "losePower", "inspect",
		"rollingUpdate", "removeLocks", "replaceFolder", "foreignFiles", "craftedFile",
	}[a]
}

// step is one step of a schedule. The meaning of n, m, d, flag and draw depends on the action.
type step struct {
	action  action
	process int // 0 or 1
	n, m    int
	d       time.Duration // the time until a deadline, or a duration
	flag    bool
	draw    uint64
}

func (s step) String() string {
	return fmt.Sprintf("%-12v process %d, n=%d, m=%d, %v, %v, %x", s.action, s.process, s.n, s.m, s.d, s.flag, s.draw)
}

// weights returns the relative frequencies of the actions.
func weights(c *config) []int {
	w := make([]int, actions)
	for a, n := range map[action]int{
		export: 40, send: 15, pause: 20, serverReacts: 26, serverRefusesConnections: 3, serverRecovers: 6, serverClosesIdle: 2,
		rotate: 4, tokenFails: 2, flush: 1, shutdown: 2, closeClient: 2, restart: 4,
	} {
		w[a] = n
	}
	if c.spool {
		w[diskFails], w[diskIsSlow], w[diskRecovers], w[killAtDisk], w[losePower], w[inspect] = 8, 4, 5, 5, 4, 2
		w[rollingUpdate], w[removeLocks], w[replaceFolder], w[foreignFiles], w[craftedFile] = 5, 3, 1, 2, 2
	}
	return w
}

// newSchedule draws a schedule from a seed.
func newSchedule(seed uint64) schedule {
	r := rand.New(rand.NewPCG(seed, 1))
	s := schedule{seed: seed, config: newConfig(r)}
	gentle := r.IntN(4) == 0 // a schedule without faults of disks and processes
	w := weights(&s.config)
	if gentle {
		for _, a := range []action{diskFails, diskIsSlow, shutdown, closeClient, restart, killAtDisk, losePower, rollingUpdate, removeLocks, replaceFolder, craftedFile} {
			w[a] = 0
		}
	}
	for range 8 + r.IntN(22) {
		s.steps = append(s.steps, newStep(r, w))
	}
	return s
}

func newConfig(r *rand.Rand) config {
	chance := func(percent int) bool { return r.IntN(100) < percent }
	c := config{
		spool: chance(75), bytes: 64 << 20, age: 24 * time.Hour, rate: []float64{1, 10, 1000}[r.IntN(3)],
		compression: []apptuitclient.Compression{
			apptuitclient.CompressionNone, apptuitclient.CompressionNone, apptuitclient.CompressionGzip, apptuitclient.CompressionDeflate,
		}[r.IntN(4)], batch: 2 + r.IntN(12), inFlight: 1 + r.IntN(3),
		timeout: []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, time.Minute}[r.IntN(4)],
		retry: apptuitclient.RetryConfig{
			Enabled: chance(90), InitialInterval: time.Duration(1+r.IntN(2000)) * time.Millisecond, MaxElapsedTime: time.Duration(r.IntN(3)) * time.Minute,
		},
		self: chance(30), owner: chance(50),
	}
	c.retry.MaxInterval = c.retry.InitialInterval + time.Duration(r.IntN(30))*time.Second
	if c.spool {
		c.owner, c.instances = false, chance(30)
		if chance(15) {
			c.bytes = 1000 + r.Int64N(4000)
		}
		if chance(10) {
			c.age = time.Duration(1+r.IntN(10)) * time.Minute
		}
	}
	if chance(25) {
		c.user = "user"
	}
	return c
}

func newStep(r *rand.Rand, weights []int) step {
	total := 0
	for _, w := range weights {
		total += w
	}
	a, draw := 0, r.IntN(total)
	for draw >= weights[a] {
		draw -= weights[a]
		a++
	}
	s := step{action: action(a), draw: r.Uint64(), flag: r.IntN(2) == 0}
	if r.IntN(4) == 0 {
		s.process = 1
	}
	switch s.action {
	case export, send:
		s.n, s.m = 1+r.IntN(30), r.IntN(3)
		s.d = deadline(r)
	case shutdown:
		s.d = deadline(r)
	case pause:
		s.d = []time.Duration{
			time.Duration(r.IntN(1000)) * time.Millisecond, time.Duration(r.IntN(10_000)) * time.Millisecond,
			time.Duration(r.IntN(120)) * time.Second, time.Duration(r.IntN(20)) * time.Minute,
		}[r.IntN(4)]
	case serverReacts:
		s.n, s.m = r.IntN(int(reactions)), 1+r.IntN(3)
		if s.flag {
			s.m = 1 + r.IntN(40)
		}
	case diskFails:
		s.n, s.m = r.IntN(len(diskFaults())), 1+r.IntN(3)
		if s.flag {
			s.m = 1000
		}
	case diskIsSlow:
		s.n, s.d, s.m = r.IntN(len(slowness())), time.Duration(1+r.IntN(3000))*time.Millisecond, 1+r.IntN(8)
		if s.flag {
			s.d *= 6
		}
	case killAtDisk:
		s.n = r.IntN(30)
	case rollingUpdate:
		s.n, s.d = r.IntN(3), time.Duration(r.IntN(40))*time.Second
	case foreignFiles, craftedFile:
		s.n = r.IntN(1 << 16)
	case tokenFails:
		s.n, s.d = 1+r.IntN(3), time.Duration(r.IntN(2))*time.Duration(r.IntN(90))*time.Second
	case restart, losePower:
		s.n = r.IntN(3)
		s.d = []time.Duration{0, 0, time.Hour, -time.Hour, 100 * time.Hour, -100 * time.Hour}[r.IntN(6)]
	}
	return s
}

// deadline draws the time until the deadline of a call, 0 for no deadline.
func deadline(r *rand.Rand) time.Duration {
	return []time.Duration{
		0, time.Duration(r.IntN(100)) * time.Millisecond, time.Duration(r.IntN(3000)) * time.Millisecond,
		time.Duration(r.IntN(30)) * time.Second, time.Duration(r.IntN(90)) * time.Second,
	}[r.IntN(5)]
}

// keep returns the schedule with only the steps of these numbers.
func (s schedule) keep(steps []int) schedule {
	kept := s
	kept.steps = nil
	for _, i := range steps {
		kept.steps = append(kept.steps, s.steps[i])
	}
	return kept
}

// calm reports whether no step can make a client send a point again that was stored or refused.
func (s schedule) calm() bool {
	return !slices.ContainsFunc(s.steps, func(s step) bool {
		switch s.action {
		case diskFails, diskIsSlow, shutdown, closeClient, restart, killAtDisk, losePower, rollingUpdate, removeLocks, replaceFolder, craftedFile:
			return true
		}
		return false
	})
}
