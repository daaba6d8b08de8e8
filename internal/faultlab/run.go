//go:build linux

package faultlab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/load"
)

// run is a scenario that runs: its processes, from the first to the last.
type run struct {
	scenario Scenario
	folder   string
	nodes    map[string]*node // by name
	gateway  *gateway
	began    time.Time // the load did
}

// all starts everything, lets load and faults come, and tells what was seen.
func (r *run) all(ctx context.Context, program string) (*Record, error) {
	if err := r.start(ctx, program); err != nil {
		return nil, err
	}
	if err := r.warm(ctx); err != nil {
		return nil, err
	}
	watch, err := r.watch(ctx)
	if err != nil {
		return nil, err
	}
	reports, happened, err := r.play(ctx)
	if err != nil {
		return nil, err
	}
	record := &Record{Faults: happened}
	if len(happened) > 0 {
		record.From, record.To = happened[0].At, happened[len(happened)-1].At
	}
	if record.From == record.To {
		record.To = r.scenario.lasts()
	}
	watch.end(ctx, record)
	for _, report := range reports {
		r.told(record, report)
	}
	return record, r.collect(ctx, record, watch.states)
}

// start starts the backends, and a gateway that knows of them.
func (r *run) start(ctx context.Context, program string) error {
	targets := map[string][]string{}
	for _, s := range r.scenario.Servers {
		var names []string
		for k := range s.Backends {
			n, err := startNode(ctx, s, k)
			if err != nil {
				return err
			}
			r.nodes[n.name] = n
			names = append(names, n.name)
			targets[s.Name] = append(targets[s.Name], n.target())
		}
		if s.File {
			targets[s.Name] = []string{"file:" + r.targets(s.Name)}
			if err := r.retarget(names); err != nil {
				return err
			}
		}
	}
	text, err := r.scenario.resources(targets)
	if err != nil {
		return err
	}
	resources := filepath.Join(r.folder, "resources.yaml")
	if err := os.WriteFile(resources, []byte(text), 0o600); err != nil {
		return err
	}
	r.gateway, err = startGateway(ctx, program, resources, filepath.Join(r.folder, "gateway.log"))
	return err
}

// targets is the file of a server's targets. It is not in the folder of the resources' file, which the gateway watches.
func (r *run) targets(server string) string { return filepath.Join(r.folder, "targets", server) }

// retarget writes the file of the targets of the server whose backends they are.
func (r *run) retarget(names []string) error {
	if len(names) == 0 {
		return errors.New("a server without targets is not what anybody writes")
	}
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintln(&text, r.nodes[name].target())
	}
	server, _, _ := strings.Cut(names[0], "/")
	file := r.targets(server)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", []byte(text.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// warmth is how many calls each load makes before anything counts, so that connections are up and latencies known.
const warmth = 100

// warm makes the first calls. What comes of them is nobody's business: some servers are bad from the beginning.
func (r *run) warm(ctx context.Context) error {
	for i, t := range r.scenario.Load {
		o := r.options(i, t)
		o.Name, o.Calls, o.Rate = "warm"+o.Name, min(warmth, t.Rate), float64(max(t.Rate/2, 1))
		if _, err := load.Run(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) options(i int, t Traffic) load.Options {
	o := load.Options{
		Name: fmt.Sprintf("%s-%d", t.Model, i), Target: r.gateway.GRPC, Model: t.Model, Rate: float64(t.Rate), Calls: t.Calls,
		Connections: t.Connections, Deadline: time.Duration(t.Deadline), Payload: t.Bytes, Seed: uint64(r.nonce()),
	}
	if t.Protocol == "rest" {
		o.Protocol, o.Target = load.REST, r.gateway.REST
	}
	if o.Connections == 0 {
		o.Connections = 4
	}
	if t.CancelAfter > 0 {
		o.CancelShare, o.CancelAfter = 1, time.Duration(t.CancelAfter)
	}
	return o
}

// nonce is of this run alone.
func (r *run) nonce() int { return r.gateway.pid() }

// play lets load and faults come at the same time, and returns when both are over.
func (r *run) play(ctx context.Context) ([]*load.Report, []Happened, error) {
	r.began = time.Now()
	var generators []*load.Generator
	for i, t := range r.scenario.Load {
		g, err := load.Start(ctx, r.options(i, t))
		if err != nil {
			return nil, nil, err
		}
		generators = append(generators, g)
	}
	happened, err := r.inflict(ctx)
	var reports []*load.Report
	for _, g := range generators {
		if err != nil {
			g.Stop()
			continue
		}
		reports = append(reports, g.Wait())
	}
	return reports, happened, err
}

// close ends every process.
func (r *run) close() error {
	if r.gateway != nil {
		r.gateway.kill()
	}
	var faults []error
	for _, n := range r.nodes {
		faults = append(faults, n.close())
	}
	return errors.Join(faults...)
}

func signalOf(a Action) syscall.Signal {
	if a == Stop {
		return syscall.SIGSTOP
	}
	return syscall.SIGCONT
}
