// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
)

// Worker does orders for one job.
type Worker struct {
	orders  *json.Encoder
	answers *json.Decoder
	close   func() error
}

// Start starts a worker for a job.
type Start func(ctx context.Context, job Job) (*Worker, error)

// NewWorker returns a worker that [Work] does at the other end of the streams.
func NewWorker(job Job, orders io.Writer, answers io.Reader, end func() error) (*Worker, error) {
	w := &Worker{json.NewEncoder(orders), json.NewDecoder(answers), end}
	return w, w.orders.Encode(job)
}

// Do has an order done.
func (w *Worker) Do(order Order) (Sample, error) {
	if err := w.orders.Encode(order); err != nil {
		return Sample{}, err
	}
	var answer Answer
	if err := w.answers.Decode(&answer); err != nil {
		return Sample{}, err
	}
	if answer.Error != "" {
		return answer.Sample, errors.New(answer.Error)
	}
	return answer.Sample, nil
}

// Close ends the worker, and waits for it.
func (w *Worker) Close() error { return w.close() }

// environment is that of processes that are measured. It has none of the
// variables by which exporters and the garbage collector are configured.
func environment() []string {
	return []string{"HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}
}

// Processes starts a program that calls [Work] for each job.
func Processes(program string) Start {
	return func(ctx context.Context, job Job) (*Worker, error) {
		command := exec.CommandContext(ctx, program)
		command.Env = environment()
		command.Stderr = os.Stderr
		stdin, err := command.StdinPipe()
		if err != nil {
			return nil, err
		}
		stdout, err := command.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := command.Start(); err != nil {
			return nil, err
		}
		return NewWorker(job, stdin, stdout, func() error { return errors.Join(stdin.Close(), command.Wait()) })
	}
}
