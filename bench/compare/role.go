package main

import (
	"context"
	"fmt"
	"net"
)

// play is what a child process does: it listens on a free port of loopback, prints the address and serves until it is killed.
func play(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("role NAME UPSTREAM, not %q", args)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	switch role, upstream := args[0], args[1]; role {
	case "identity":
		return serveIdentity(l)
	case "naive":
		return serveNaive(l, upstream)
	case "naive-json":
		return serveNaiveJSON(l, upstream)
	default:
		return fmt.Errorf("there is no role %q", role)
	}
}
