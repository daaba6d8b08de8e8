//go:build linux

package faultlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Lab runs scenarios. It runs one at a time, and is not safe for concurrent use.
type Lab struct {
	folder  string // of logs, a folder a run
	program string // the gateway
	timed   bool
	runs    int
}

// Open builds the gateway, and keeps the logs of runs in a folder. Timed tells whether to judge what depends on the machine's speed.
func Open(ctx context.Context, folder string, timed bool) (*Lab, error) {
	program, err := buildGateway(ctx, folder)
	return &Lab{folder: folder, program: program, timed: timed}, err
}

// Result is what came of a run.
type Result struct {
	Scenario string
	Figures  Figures
	Grown    int64    // bytes that the gateway had more than before, at the most
	Faults   []string // what did not hold
	Unusable []string // why times were not judged
	Logs     string   // the folder, with the record of a run of which something did not hold
}

// grace is how much longer than its load a run may take: to start processes, to await what is under way, and to ask them all.
const grace = 90 * time.Second

// Run runs a scenario once. The error is of a laboratory that does not work; a gateway that does not is in the result.
func (l *Lab) Run(ctx context.Context, s Scenario) (Result, error) {
	l.runs++
	folder := filepath.Join(l.folder, fmt.Sprintf("%03d_%s", l.runs, s.Name))
	if err := os.Mkdir(folder, 0o755); err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.lasts()+grace)
	defer cancel()
	r := &run{scenario: s, folder: folder, nodes: map[string]*node{}}
	record, err := r.all(ctx, l.program)
	if err = errors.Join(err, r.close()); err != nil {
		return Result{}, fmt.Errorf("%s: %w; logs in %s", s.Name, err, folder)
	}
	result := Result{
		Scenario: s.Name, Figures: s.figures(record), Grown: record.Peak - record.Before, Faults: s.Judge(record, l.timed), Logs: folder,
	}
	if l.timed {
		result.Unusable = record.Unusable
	}
	if len(result.Faults) == 0 {
		return result, nil
	}
	text, err := json.Marshal(record)
	if err != nil {
		return result, err
	}
	return result, os.WriteFile(filepath.Join(folder, "record.json"), text, 0o600)
}
