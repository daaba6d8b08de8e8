package rest_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/fleet"
	"github.com/manifold-serving/manifold/clients/rest"
	"github.com/manifold-serving/manifold/infer"
)

const (
	predict = "POST /v1/models/m:predict"
	answer  = `{"predictions":[1]}`
)

// three are servers of V1, the first of which answers as told.
func three(t *testing.T, first http.HandlerFunc) (targets []string, odd *fake) {
	t.Helper()
	for _, handler := range []http.HandlerFunc{first, says(200, answer), says(200, answer)} {
		f := serve(t, map[string]http.HandlerFunc{
			predict: handler, "POST /job": handler, "GET /v1/models/m": says(200, `{"ready":true}`), "GET /": says(200, ""),
		})
		if targets = append(targets, f.URL); odd == nil {
			odd = f
		}
	}
	return targets, odd
}

// all asks a model n times, so many at a time.
func all(t *testing.T, m infer.Model, n, atATime int) {
	t.Helper()
	var workers sync.WaitGroup
	for range atATime {
		workers.Go(func() {
			for range n / atATime {
				req := infer.NewDocumentRequest(infer.Head{ModelName: "m"}, "", mem.SliceBuffer("{}"))
				resp, err := m.Infer(t.Context(), req)
				req.Free()
				if err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				resp.Free()
			}
		})
	}
	workers.Wait()
}

func stateOf(s *rest.Server, target string) fleet.EndpointState {
	for _, e := range s.State().Endpoints {
		if e.Address == target {
			return e
		}
	}
	return fleet.EndpointState{}
}

func TestU2CallsAtAnEndpointThatHangsAreAnsweredByOthers(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	targets, odd := three(t, func(http.ResponseWriter, *http.Request) { <-over })
	t.Cleanup(func() { close(over) }) // before the servers close
	s := open(t, clients.Options{Targets: targets, Protocol: clients.V1})
	all(t, s.Model("m"), 200, 4)
	if e := stateOf(s, odd.URL); e.Ejections[balance.Stalled] == 0 {
		t.Errorf("it hangs, but %+v", e)
	}
}

func TestU4EndpointThatFailsFastCostsNoCall(t *testing.T) {
	t.Parallel()
	targets, odd := three(t, says(503, `{"error":"no GPU"}`))
	s := open(t, clients.Options{Targets: targets, Protocol: clients.V1})
	all(t, s.Model("m"), 400, 4)
	if n := odd.last(predict).count; n > 20 {
		t.Errorf("it fails fast, and got %d of 400 calls", n)
	}
}

func TestU1EndpointThatIsKilledCostsNoCall(t *testing.T) {
	t.Parallel()
	targets, odd := three(t, says(200, answer))
	s := open(t, clients.Options{Targets: targets, Protocol: clients.V1})
	m := s.Model("m")
	all(t, m, 60, 4)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		odd.Listener.Close()
		odd.CloseClientConnections()
	}()
	all(t, m, 400, 4)
	<-killed
	all(t, m, 60, 4)
	if e := stateOf(s, odd.URL); e.Failures == 0 && e.State.State == "ready" {
		t.Errorf("it is gone, but %+v", e)
	}
}

// breaks hangs up without an answer.
func breaks(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// What came of a document that a service of its own was sent, nobody knows.
func TestDocumentsToAPathAreSentOnce(t *testing.T) {
	t.Parallel()
	one := serve(t, map[string]http.HandlerFunc{"POST /job": breaks, predict: breaks})
	other := serve(t, map[string]http.HandlerFunc{"POST /job": breaks, predict: says(200, answer)})
	s := open(t, clients.Options{Targets: []string{one.URL, other.URL}, Protocol: clients.V1})
	for range 4 {
		before := one.last("POST /job").count + other.last("POST /job").count
		if _, err := s.Document("/job").Infer(t.Context(), document(t, `{}`)); infer.CodeOf(err) != codes.Unavailable {
			t.Errorf("it broke off, but %v", err)
		}
		if n := one.last("POST /job").count + other.last("POST /job").count - before; n != 1 {
			t.Errorf("it was sent %d times", n)
		}
	}
	all(t, s.Model("m"), 2, 1) // whichever is asked first
}

func TestTargetsInAFileComeAndGo(t *testing.T) {
	t.Parallel()
	targets, _ := three(t, says(200, answer))
	file := filepath.Join(t.TempDir(), "targets")
	write := func(lines ...string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	write(targets[0])
	s := open(t, clients.Options{Targets: []string{"file:" + file}, Protocol: clients.V1})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	served := func(target string) bool {
		all(t, s.Model("m"), 4, 1)
		return stateOf(s, target).State.State == "ready"
	}
	if !served(targets[0]) || served(targets[1]) {
		t.Errorf("%+v", s.State().Endpoints)
	}
	write(targets[1], targets[2])
	for !served(targets[1]) || served(targets[0]) {
		if ctx.Err() != nil {
			t.Fatalf("the file has other targets, but %+v", s.State().Endpoints)
		}
	}
	write("nonsense")
	all(t, s.Model("m"), 40, 1)
}
