package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

type inferFunc = func(context.Context, *infer.Request) (*infer.Response, error)

func fails(err error) inferFunc {
	return func(context.Context, *infer.Request) (*infer.Response, error) { return nil, err }
}

// TestPanicsAreRecovered: S3; the client gets an id, the log the stack with it, and the server lives.
func TestPanicsAreRecovered(t *testing.T) {
	t.Parallel()
	m := &model{infer: func(context.Context, *infer.Request) (*infer.Response, error) { panic("the model broke") }}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "id-of-grpc")
	_, err := g.client.ModelInfer(ctx, small("echo"))
	if s := status.Convert(err); s.Code() != codes.Internal || !strings.Contains(s.Message(), "id-of-grpc") {
		t.Errorf("gRPC: %v, want INTERNAL with the id", err)
	}
	got := g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON, "X-Request-Id", "id-of-rest")
	if got.status != http.StatusInternalServerError || !strings.Contains(got.body, "id-of-rest") {
		t.Errorf("REST: %d %s, want 500 with the id", got.status, got.body)
	}
	for _, id := range []string{"id-of-grpc", "id-of-rest"} {
		if !strings.Contains(g.log.String(), `"id":"`+id+`","panic":"the model broke","stack":"goroutine`) {
			t.Errorf("the log has no stack for %s:\n%s", id, g.log.String())
		}
	}
	m.infer = nil
	if _, err := g.client.ModelInfer(t.Context(), small("echo")); err != nil {
		t.Errorf("after the panics: %v", err)
	}
}

// TestPanicOfTheCatalog is a panic outside of the interceptors' reach of ModelInfer.
func TestPanicOfTheCatalog(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{ready: func() error { panic("the catalog broke") }})
	if got := g.do(t, http.MethodGet, "/v2/health/ready", ""); got.status != http.StatusInternalServerError {
		t.Errorf("status = %d, want 500: %s", got.status, got.body)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	var seen string
	m := &model{infer: func(ctx context.Context, req *infer.Request) (*infer.Response, error) {
		seen = server.RequestID(ctx)
		return echo(req)
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	for _, tt := range []struct {
		name, offered string
		keeps         bool
	}{
		{"taken over", "abc-123", true},
		{"made up", "", false},
		{"with a space", "a b", false},
		{"too long", strings.Repeat("a", 129), false},
	} {
		var header metadata.MD
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", tt.offered)
		if _, err := g.client.ModelInfer(ctx, small("echo"), grpc.Header(&header)); err != nil {
			t.Fatal(err)
		}
		checkID(t, "gRPC "+tt.name, header.Get("x-request-id"), seen, tt.offered, tt.keeps)
		got := g.do(t, http.MethodPost, "/v2/models/echo/infer", smallJSON, "X-Request-Id", tt.offered)
		checkID(t, "REST "+tt.name, got.header.Values("X-Request-Id"), seen, tt.offered, tt.keeps)
	}
	if got := g.do(t, http.MethodGet, "/nowhere", "", "X-Request-Id", "x"); got.header.Get("X-Request-Id") != "x" {
		t.Errorf("an error has the id %q", got.header.Get("X-Request-Id"))
	}
}

func checkID(t *testing.T, name string, echoed []string, seen, offered string, keeps bool) {
	t.Helper()
	if len(echoed) != 1 || echoed[0] != seen || seen == "" || (seen == offered) != keeps {
		t.Errorf("%s: offered %q, the model saw %q, the client got %q", name, offered, seen, echoed)
	}
}

// TestMetadataIsNotForged: C17; HTTP headers reach models neither as metadata that came in nor as metadata to be sent on, and
// metadata does not leave as headers. Credentials are for the gateway only.
func TestMetadataIsNotForged(t *testing.T) {
	t.Parallel()
	var seen []string
	look := func(ctx context.Context) {
		in, _ := metadata.FromIncomingContext(ctx)
		out, _ := metadata.FromOutgoingContext(ctx)
		for key := range metadata.Join(in, out) {
			seen = append(seen, key)
		}
	}
	m := &curious{look: look}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	for path, method := range map[string]string{
		"/v2/models/echo": http.MethodGet, "/v2/models/echo/ready": http.MethodGet, "/v2/models/echo/infer": http.MethodPost,
	} {
		got := g.do(t, method, path, smallJSON, "Grpc-Metadata-X-Secret", "forged", "X-Secret", "forged", "Authorization", "Bearer secret")
		if got.status != http.StatusOK || len(seen) > 0 {
			t.Errorf("%s: status %d, the model sees the metadata %v", path, got.status, seen)
		}
		for name := range got.header {
			if strings.HasPrefix(name, "Grpc-") {
				t.Errorf("%s: header %s", path, name)
			}
		}
	}
}

// curious is a model that looks at each context.
type curious struct {
	model

	look func(context.Context)
}

func (c *curious) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	c.look(ctx)
	return c.model.Infer(ctx, req)
}

func (c *curious) Metadata(ctx context.Context) (*infer.Metadata, error) {
	c.look(ctx)
	return c.model.Metadata(ctx)
}

func (c *curious) Ready(ctx context.Context) error {
	c.look(ctx)
	return c.model.Ready(ctx)
}

// TestCancelReachesTheModel: C1.
func TestCancelReachesTheModel(t *testing.T) {
	t.Parallel()
	entered, left := make(chan struct{}), make(chan error)
	m := &model{infer: func(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
		entered <- struct{}{}
		<-ctx.Done()
		left <- ctx.Err()
		return nil, ctx.Err()
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	for name, call := range map[string]func(context.Context) error{
		"gRPC": func(ctx context.Context) error {
			_, err := g.client.ModelInfer(ctx, small("echo"))
			return err
		},
		"REST": func(ctx context.Context) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+g.at.REST+"/v2/models/echo/infer", strings.NewReader(smallJSON))
			if err != nil {
				return err
			}
			resp, err := g.http.Do(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- call(ctx) }()
		<-entered
		cancel()
		if err := <-left; err == nil {
			t.Errorf("%s: the model's context was not cancelled", name)
		}
		if err := <-done; err == nil {
			t.Errorf("%s: the call did not fail", name)
		}
	}
}

// TestDeadlineReachesTheModel: the model sees the client's deadline, less what the way took, never more.
func TestDeadlineReachesTheModel(t *testing.T) {
	t.Parallel()
	var seen time.Time
	m := &model{infer: func(ctx context.Context, req *infer.Request) (*infer.Response, error) {
		seen, _ = ctx.Deadline()
		return echo(req)
	}}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": m}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	want, _ := ctx.Deadline()
	if _, err := g.client.ModelInfer(ctx, small("echo")); err != nil {
		t.Fatal(err)
	}
	if early := want.Sub(seen); early < -time.Minute || early > time.Minute {
		t.Errorf("the model's deadline is %v, the client's %v", seen, want)
	}
}
