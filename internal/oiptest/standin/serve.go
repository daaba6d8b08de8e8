package standin

import (
	"context"
	"log/slog"
	"testing"

	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

// Version is what the server calls itself by, beside its name.
const Version = "oiptest"

// New serves r at the addresses of l, whose admin one is off unless it is given. Messages may have any size that gRPC can carry.
func New(r *Repository, l server.Listeners, logger *slog.Logger) (*server.Server, error) {
	if l.Admin == "" {
		l.Admin = server.Off
	}
	return server.New(r, server.Options{
		Listeners:  l,
		Limits:     server.Limits{MessageBytes: 2 * units.GiB, InflightBytes: 16 * units.GiB},
		Grace:      -1,
		Extensions: server.Extensions{ModelRepository: "standin"},
	}, server.Deps{Logger: logger, Version: Version})
}

// Serve starts a server on free ports of loopback with the models of those names, or all, and returns where it is; tb's end stops it.
func Serve(tb testing.TB, names ...string) server.Listeners {
	tb.Helper()
	r, err := NewRepository(names...)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := New(r, server.Listeners{REST: "127.0.0.1:0", GRPC: "127.0.0.1:0"}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Listen(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	tb.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return s.Addresses()
}
