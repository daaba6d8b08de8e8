//go:build linux

package interop

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"testing"
)

// At is where a server answers, as HOST:PORT.
type At struct{ HTTP, GRPC string }

// Server is a running model server, or the gateway.
type Server struct {
	*process
	At
	Admin string // the gateway's admin listener, or Triton's metrics
}

// Again starts a server that has ended once more, with what it was started with and at the same addresses, until tb ends.
func (s *Server) Again(tb testing.TB) *Server {
	tb.Helper()
	<-s.ended
	was := s.command
	c := exec.Command(was.Path, was.Args[1:]...)
	c.Env, c.Dir = was.Env, was.Dir
	again := &Server{process: start(tb, s.name, c), At: s.At, Admin: s.Admin}
	again.await(tb, httpReady("http://"+s.HTTP+"/v2/health/ready"))
	return again
}

func loopback(http, grpc string) At { return At{HTTP: "127.0.0.1:" + http, GRPC: "127.0.0.1:" + grpc} }

func httpReady(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", url, resp.Status)
		}
		return nil
	}
}
