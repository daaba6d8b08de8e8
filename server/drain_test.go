package server_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
	"github.com/manifold-serving/manifold/server"
)

func grace(d time.Duration) func(*server.Options, *server.Deps) {
	return func(o *server.Options, _ *server.Deps) { o.Grace = units.Duration(d) }
}

// TestStopUnderLoadLosesNothing: S1 with two gateways; the first stops while a stock gRPC client and an HTTP client that heeds
// readiness, as a load balancer does, keep calling.
func TestStopUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	c := &catalog{models: models()}
	first, second := start(t, c, grace(300*time.Millisecond)), start(t, c)
	balanced := balance(t, first.at.GRPC, second.at.GRPC)
	calls, failed, done := make(chan struct{}), make(chan error, 100), make(chan struct{})
	var load sync.WaitGroup
	run := func(call func() error) {
		load.Go(func() {
			for {
				if err := call(); err != nil {
					failed <- err
					return
				}
				select {
				case calls <- struct{}{}:
				case <-done:
					return
				}
			}
		})
	}
	for range 3 {
		run(func() error {
			_, err := balanced.ModelInfer(context.WithoutCancel(t.Context()), small("echo"))
			return err
		})
		run(postWhileReady(t, first, second))
	}
	await(t, calls, failed, 300)
	stopped := make(chan struct{})
	go func() {
		first.drained(t)
		close(stopped)
	}()
	for running := true; running; {
		select {
		case <-stopped:
			running = false
		case <-calls:
		}
	}
	await(t, calls, failed, 300)
	close(done)
	load.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
}

// balance is a stock client of both addresses.
func balance(t *testing.T, addresses ...string) inferencepb.GRPCInferenceServiceClient {
	t.Helper()
	r := manual.NewBuilderWithScheme("two")
	var all []resolver.Address
	for _, a := range addresses {
		all = append(all, resolver.Address{Addr: a})
	}
	r.InitialState(resolver.State{Addresses: all})
	conn, err := grpc.NewClient("two:///", grpc.WithResolvers(r), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return inferencepb.NewGRPCInferenceServiceClient(conn)
}

// postWhileReady posts to the first gateway as long as it says that it is ready, then to the second.
func postWhileReady(t *testing.T, first, second *gateway) func() error {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	at := first.at.REST
	send := func(method, path, body string) (int, error) {
		req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, "http://"+at+path, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		_, err = new(bytes.Buffer).ReadFrom(resp.Body)
		return resp.StatusCode, err
	}
	return func() error {
		if code, err := send(http.MethodGet, "/v2/health/ready", ""); err != nil || code != http.StatusOK {
			if err != nil {
				return err
			}
			at = second.at.REST
		}
		code, err := send(http.MethodPost, "/v2/models/echo/infer", smallJSON)
		if err == nil && code != http.StatusOK {
			err = errors.New(http.StatusText(code))
		}
		return err
	}
}

// await waits for n calls to succeed.
func await(t *testing.T, calls chan struct{}, failed chan error, n int) {
	t.Helper()
	for range n {
		select {
		case <-calls:
		case err := <-failed:
			t.Error(err)
			return
		}
	}
}

// TestDrainWaitsForCalls: calls in flight end well on both edges; new ones find readiness gone.
func TestDrainWaitsForCalls(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	m := &model{infer: func(_ context.Context, req *infer.Request) (*infer.Response, error) {
		entered <- struct{}{}
		<-leave
		return echo(req)
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	done := make(chan error, 2)
	go func() {
		_, err := g.client.ModelInfer(context.WithoutCancel(t.Context()), small("echo"))
		done <- err
	}()
	<-entered
	go func() {
		req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost,
			"http://"+g.at.REST+"/v2/models/echo/infer", strings.NewReader(smallJSON))
		if err != nil {
			done <- err
			return
		}
		resp, err := g.http.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		done <- err
	}()
	<-entered
	g.stop()
	for g.doAt(t, g.at.Admin, http.MethodGet, "/readyz", strings.NewReader("")).status == http.StatusOK {
		continue // the drain has not begun
	}
	close(leave)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	g.drained(t)
	if _, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", g.at.GRPC); err == nil {
		t.Error("the gRPC listener is still there")
	}
}

// TestGrace: not ready any more, but serving, and HTTP connections end with their answer.
func TestGrace(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()}, grace(time.Hour))
	g.stop()
	for g.do(t, http.MethodGet, "/v2/health/ready", "").status == http.StatusOK {
		continue
	}
	if resp, err := g.client.ServerReady(t.Context(), &inferencepb.ServerReadyRequest{}); err != nil || resp.GetReady() {
		t.Errorf("ServerReady = %v, %v; want not ready", resp, err)
	}
	if _, err := g.client.ModelInfer(t.Context(), small("echo")); err != nil {
		t.Errorf("ModelInfer: %v", err)
	}
	got := g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON)
	if got.status != http.StatusOK || !got.closes {
		t.Errorf("status %d, the connection closes: %v", got.status, got.closes)
	}
	g.server.Stop() // as a second signal does
	g.drained(t)
}

// TestDrainLimit: what does not end in time is cut off, and its context is cancelled.
func TestDrainLimit(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 2)
	m := &model{infer: func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
		entered <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}}, func(o *server.Options, _ *server.Deps) { o.Drain = -1 })
	done := make(chan error, 1)
	go func() {
		_, err := g.client.ModelInfer(context.WithoutCancel(t.Context()), small("echo"))
		done <- err
	}()
	<-entered
	g.drained(t)
	if err := <-done; status.Code(err) != codes.Unavailable {
		t.Errorf("%v, want UNAVAILABLE", err)
	}
	if !strings.Contains(g.log.String(), "calls were cut off") {
		t.Errorf("the log does not tell:\n%s", g.log.String())
	}
}

func TestListenFails(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s, err := server.New(&catalog{}, server.Options{Listeners: server.Listeners{
		GRPC: "127.0.0.1:0", REST: taken.Addr().String(), Admin: server.Off,
	}}, server.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "listeners.rest: ") {
		t.Errorf("Listen = %v", err)
	}
	if got, want := s.Addresses(), (server.Listeners{REST: "off", GRPC: "off", Admin: "off"}); got != want {
		t.Errorf("Addresses = %v, want none", got)
	}
	if err := s.Serve(t.Context()); err == nil {
		t.Error("Serve without listeners succeeded")
	}
}

// TestUnixSocket serves both edges on unix sockets, without an admin listener.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := server.New(&catalog{models: models()}, server.Options{
		Listeners: server.Listeners{GRPC: "unix:" + dir + "/g", REST: server.Off, Admin: server.Off}, Grace: -1,
	}, server.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Serve(ctx) }()
	conn, err := grpc.NewClient(s.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := inferencepb.NewGRPCInferenceServiceClient(conn).ModelInfer(t.Context(), small("echo")); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
