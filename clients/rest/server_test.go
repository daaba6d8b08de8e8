package rest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// closedPort is an address that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestTargetsThatAreDownArePassedOver(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"POST /v2/models/m/infer": says(200, `{"outputs":[]}`)})
	gone := closedPort(t)
	s := open(t, clients.Options{Targets: []string{"http://" + gone, f.URL}})
	for range 4 {
		if _, err := ask(t.Context(), t, s.Model("m"), request(t)); err != nil {
			t.Fatal(err)
		}
	}
	alone := open(t, clients.Options{Targets: []string{"http://" + gone}})
	_, err := alone.Model("m").Infer(t.Context(), request(t))
	if want := "upstream up (" + gone + "): "; infer.CodeOf(err) != codes.Unavailable || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

func TestClosedServer(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	began := make(chan struct{})
	f := serve(t, map[string]http.HandlerFunc{"POST /v2/models/m/infer": func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-release
		says(200, `{"outputs":[]}`)(w, r)
	}})
	s := open(t, clients.Options{Targets: []string{f.URL}})
	req := request(t)
	answered := make(chan error)
	go func() {
		resp, err := s.Model("m").Infer(context.WithoutCancel(t.Context()), req)
		if err == nil {
			resp.Free()
		}
		answered <- err
	}()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := <-answered; infer.CodeOf(err) != codes.Unavailable || !strings.Contains(err.Error(), "it is closed") {
		t.Errorf("%v", err)
	}
	close(release)
	if _, err := s.Model("m").Infer(t.Context(), req); infer.CodeOf(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestProtocolsOfHTTP(t *testing.T) {
	t.Parallel()
	routes := map[string]http.HandlerFunc{"GET /v2/models/m/ready": says(200, ``)}
	plain := serve(t, routes)
	both := serve(t, routes, func(s *httptest.Server) {
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
	})
	for want, test := range map[string]struct {
		f      *fake
		target string
	}{
		"HTTP/1.1": {plain, plain.URL},
		"HTTP/2.0": {both, "h2c" + strings.TrimPrefix(both.URL, "http")},
	} {
		s := open(t, clients.Options{Targets: []string{test.target}})
		if err := s.Model("m").Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if got := test.f.last("GET /v2/models/m/ready").proto; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
