//go:build linux

package faultlab

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/toxic"
)

// node is a backend, or another one that has its place, and the network before it.
type node struct {
	name     string // such as pool/0
	http     bool   // it is spoken to over REST
	options  backend.Options
	process  *backend.Process
	impostor *backend.Process // nil unless it was replaced
	proxy    *toxic.Proxy     // nil when the network is good
	seen     lives
}

// lives is what is known of processes that have ended, and in the end of all.
type lives struct {
	own, others []backend.Execution // of the backend, and of those in its place
	running     int                 // calls that have not ended
}

// askWithin bounds how long a backend is asked for what it saw.
const askWithin = 10 * time.Second

func startNode(ctx context.Context, s Server, k int) (*node, error) {
	n := &node{name: backendName(s.Name, k), http: s.HTTP, options: backend.Options{
		Name: s.Name + "-" + strconv.Itoa(k), Models: s.models(), Workers: s.Workers,
		Service: backend.Delay{Mean: s.ServiceTime}, Behaviour: s.Behaviour,
	}}
	var err error
	if n.process, err = backend.Start(ctx, n.options); err != nil {
		return nil, err
	}
	if !s.Toxic {
		return n, nil
	}
	if n.proxy, err = toxic.Listen(n.process.Address); err != nil {
		n.process.Close()
		return nil, err
	}
	return n, nil
}

// target is where the gateway finds it.
func (n *node) target() string {
	address := n.process.Address
	if n.proxy != nil {
		address = n.proxy.Address()
	}
	if n.http {
		return "http://" + address
	}
	return address
}

// close ends what there is of it.
func (n *node) close() error {
	if n.impostor != nil {
		n.impostor.Close()
	}
	n.process.Close()
	if n.proxy != nil {
		return n.proxy.Close()
	}
	return nil
}

// prepare asks a backend what it saw that f makes forget it.
func (n *node) prepare(ctx context.Context, f Fault) error {
	switch f.Do {
	case Kill, Restart, Replace:
		return n.remember(ctx)
	default:
		return nil
	}
}

// do makes f happen to it.
func (n *node) do(ctx context.Context, f Fault) error {
	switch f.Do {
	case Stop:
		return n.process.Stop()
	case Continue:
		return n.process.Continue()
	case Kill:
		n.process.Kill()
		return nil
	case Restart:
		return n.restart(ctx)
	case Launch:
		return n.launch(ctx)
	case Replace:
		return n.replace(ctx)
	case Order:
		return n.process.Order(ctx, *f.With)
	case GoAway:
		return n.process.Do(ctx, backend.GoAway)
	case Forget:
		return n.process.Do(ctx, backend.GoAwayBelow)
	case Poison:
		return n.proxy.Set(f.Toxics)
	case Reset:
		n.proxy.Reset()
		return nil
	case Targets: // of the gateway's file
	}
	return fmt.Errorf("%s cannot be done to %s", f.Do, n.name)
}

// restart ends the backend gracefully and starts it again.
func (n *node) restart(ctx context.Context) error {
	if err := n.process.Term(); err != nil {
		return err
	}
	select {
	case <-n.process.Ended():
	case <-ctx.Done():
		return ctx.Err()
	}
	return n.process.Restart(ctx)
}

// launch starts the backend where it was, or where another one is.
func (n *node) launch(ctx context.Context) error {
	if n.impostor != nil {
		if err := n.unmask(ctx); err != nil {
			return err
		}
	}
	return n.process.Restart(ctx)
}

// unmask ends the one that has the backend's place.
func (n *node) unmask(ctx context.Context) error {
	journal, err := n.impostor.Journal(ctx)
	n.seen.others = append(n.seen.others, journal...)
	n.impostor.Close()
	n.impostor = nil
	return err
}

// replace ends the backend and starts another server at its address: of the same models, but with another name and other inputs.
func (n *node) replace(ctx context.Context) error {
	n.process.Kill()
	o := n.options
	o.Name, o.Address = "impostor", n.process.Address
	o.Behaviour.Identity = backend.Identity{Server: o.Name, Version: "9", Input: "other", DataType: "FP64"}
	var err error
	n.impostor, err = backend.Start(ctx, o)
	return err
}

// remember asks the backend what it saw, before it forgets.
func (n *node) remember(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	journal, err := n.process.Journal(ctx)
	if err != nil {
		return err
	}
	counts, err := n.process.Counts(ctx)
	n.seen.own = append(n.seen.own, journal...)
	n.seen.running += counts.Live
	return err
}

// recollect is what is known in the end. A backend that stands still goes on first.
func (n *node) recollect(ctx context.Context) error {
	var err error
	if n.impostor != nil {
		return n.unmask(ctx)
	}
	select {
	case <-n.process.Ended(): // and remembered
	default:
		err = errors.Join(n.process.Continue(), n.remember(ctx))
	}
	return err
}
