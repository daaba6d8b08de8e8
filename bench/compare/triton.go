package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/manifold-serving/manifold/internal/interop/requirements"
	"github.com/manifold-serving/manifold/internal/interop/triton"
)

// tools are the programs of others that the sections with perf_analyzer take.
type tools struct{ triton, perf requirements.Environment }

// findTools makes nothing: what is not there is said in the error.
func findTools(ctx context.Context, cache string) (*tools, error) {
	python, err := requirements.Python(ctx)
	if err != nil {
		return nil, err
	}
	var found tools
	for name, e := range map[string]*requirements.Environment{"triton": &found.triton, "perf": &found.perf} {
		if *e, err = requirements.Find(cache, name, python); err != nil {
			return nil, err
		}
		if !e.Complete() {
			return nil, fmt.Errorf("there is no environment %s; `make interop` makes it", e.Dir)
		}
	}
	return &found, nil
}

// startTriton starts the real Triton with the models of the sections. What it returns is to be closed, with an error too.
func (t *tools) startTriton(ctx context.Context, folder string) (*target, error) {
	models := filepath.Join(folder, "models")
	if err := triton.WriteChain(models, perfBytes/4); err != nil {
		return nil, err
	}
	at, err := freePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	var ports [3]string
	for i := range at {
		if _, ports[i], err = net.SplitHostPort(at[i]); err != nil {
			return nil, err
		}
	}
	c, err := t.triton.Triton(ctx, models, requirements.TritonAt{HTTP: ports[0], GRPC: ports[1], Metrics: ports[2]})
	if err != nil {
		return nil, err
	}
	p, _, err := spawnCommand(c)
	if err != nil {
		return nil, err
	}
	server := &target{name: "triton", process: p, rest: at[0], grpc: at[1]}
	return server, server.ready(ctx)
}

// ready waits until the target says that it is.
func (t *target) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, perfWithin)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := t.askReady(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", t.name, err, t.process.errors.String())
		}
	}
}

func (t *target) askReady(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.rest+"/v2/health/ready", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req) //nolint:gosec,nolintlint // of loopback
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}
