// Command backend is a model server that misbehaves on order, for package backend of the fault laboratory, which starts it. It says where
// it listens on one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/backend"
	"github.com/manifold-serving/manifold/internal/faultlab/rogue"
)

// bindWithin is how long a port may be that of the server that was there before.
const bindWithin = 5 * time.Second

func main() {
	text := flag.String("options", "{}", "backend.Options, as JSON")
	flag.Parse()
	if err := run(context.Background(), *text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, text string) error {
	var o backend.Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	o = o.Complete()
	data, err := listen(ctx, o.Address)
	if err != nil {
		return err
	}
	control, err := listen(ctx, o.Control)
	if err != nil {
		return err
	}
	s := rogue.New(o, data, control, os.Exit)
	told, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(told, s.Drain)
	at := backend.Addresses{Address: data.Addr().String(), Control: control.Addr().String()}
	if err := json.NewEncoder(os.Stdout).Encode(at); err != nil {
		return err
	}
	return s.Serve(ctx)
}

// listen tries again while the address is taken.
func listen(ctx context.Context, address string) (net.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, bindWithin)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		var config net.ListenConfig
		l, err := config.Listen(ctx, "tcp", address)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}
