package clients_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// repository is an index of models by those names.
func repository(names ...string) *inferencepb.RepositoryIndexResponse {
	index := &inferencepb.RepositoryIndexResponse{}
	for _, name := range names {
		index.Models = append(index.Models, &inferencepb.RepositoryIndexResponse_ModelIndex{Name: name, Version: "1", State: "READY"})
	}
	return index
}

func TestIndex(t *testing.T) {
	t.Parallel()
	f := &fake{index: func() (*inferencepb.RepositoryIndexResponse, error) {
		index := repository("resnet", "bert")
		index.Models = append(index.Models, &inferencepb.RepositoryIndexResponse_ModelIndex{
			Name: "resnet-large", State: "UNAVAILABLE", Reason: "out of memory",
		})
		return index, nil
	}}
	s := connect(t, f, clients.Options{Models: []string{"resnet*"}})
	got, err := s.Index(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []clients.IndexEntry{
		{Name: "resnet", Version: "1", State: "READY"},
		{Name: "resnet-large", State: "UNAVAILABLE", Reason: "out of memory"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("index (-want +got):\n%s", diff)
	}
}

// MLServer's states have the name of their type before them.
func TestIndexStatesOfMLServer(t *testing.T) {
	t.Parallel()
	f := &fake{index: func() (*inferencepb.RepositoryIndexResponse, error) {
		return &inferencepb.RepositoryIndexResponse{Models: []*inferencepb.RepositoryIndexResponse_ModelIndex{{Name: "echo", State: "State.READY"}}}, nil
	}}
	got, err := connect(t, f, clients.Options{}).Index(t.Context())
	if diff := cmp.Diff([]clients.IndexEntry{{Name: "echo", State: "READY"}}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestServerWithoutIndex(t *testing.T) {
	t.Parallel()
	s := connect(t, &fake{}, clients.Options{})
	_, err := s.Index(t.Context())
	wantError(t, err, codes.Unimplemented, "upstream vision: the server does not list its models")
	if !errors.Is(err, clients.ErrNoIndex) {
		t.Errorf("%v is not ErrNoIndex", err)
	}
}

func TestIndexBeyondBounds(t *testing.T) {
	t.Parallel()
	f := &fake{index: func() (*inferencepb.RepositoryIndexResponse, error) {
		return repository(make([]string, 32<<10+1)...), nil
	}}
	address := f.start(t)
	s := open(t, clients.Options{Targets: []string{address}})
	_, err := s.Index(t.Context())
	wantError(t, err, codes.Internal, "upstream vision ("+address+"): its repository index does not decode: it has more than 32768 fields")
}

func TestHasFromTheIndex(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		names := []string{"resnet"}
		f := &fake{index: func() (*inferencepb.RepositoryIndexResponse, error) { return repository(names...), nil }}
		defer n.serve("vision:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 1})
		steps := []struct {
			name   string
			change func()
			model  string
			want   bool
			asked  int32
		}{
			{"listed", func() {}, "resnet", true, 1},
			{"not listed", func() {}, "bert", false, 1},
			{"loaded just now", func() { names = append(names, "bert") }, "bert", false, 1},
			{"a second later", func() { time.Sleep(time.Second) }, "bert", true, 2},
			{"unloaded, and still believed", func() { names = nil; time.Sleep(29 * time.Second) }, "bert", true, 2},
			{"half a minute later", func() { time.Sleep(time.Second) }, "bert", false, 3},
			{"a name that no server has", func() { time.Sleep(time.Second) }, strings.Repeat("x", 1025), false, 3},
		}
		for _, step := range steps {
			step.change()
			got, err := s.Has(t.Context(), step.model)
			if got != step.want || err != nil || f.indexes.Load() != step.asked {
				t.Errorf("%s: %t, %v after %d questions; want %t after %d", step.name, got, err, f.indexes.Load(), step.want, step.asked)
			}
		}
		if n := f.metadatas.Load() + f.readies.Load(); n != 0 {
			t.Errorf("%d questions by name", n)
		}
	})
}

func TestHasByName(t *testing.T) {
	t.Parallel()
	unknown := func(code codes.Code) func(string) ([]byte, error) {
		return func(string) ([]byte, error) { return nil, status.Error(code, "no such model") }
	}
	ready := func(ready bool, code codes.Code) func(string) (bool, error) {
		return func(string) (bool, error) { return ready, status.Error(code, "no such model") }
	}
	tests := []struct {
		name     string
		ready    func(string) (bool, error)
		metadata func(string) ([]byte, error)
		want     bool
		code     codes.Code
	}{
		{"ready", ready(true, codes.OK), nil, true, codes.OK},
		{"there, but not ready", ready(false, codes.OK), platform("onnx"), true, codes.OK},
		{"not there, as Triton says it", ready(false, codes.OK), unknown(codes.NotFound), false, codes.OK},
		{"not there, as KServe says it", ready(false, codes.NotFound), unknown(codes.NotFound), false, codes.OK},
		{"not there, as MLServer says it", ready(false, codes.Unknown), unknown(codes.Unknown), false, codes.OK},
		{"readiness is not offered", nil, platform("onnx"), true, codes.OK},
		{"nothing is offered", nil, nil, false, codes.OK},
		{"it is overloaded", ready(false, codes.Unavailable), nil, false, codes.Unavailable},
		{"it does not let us ask", ready(false, codes.OK), unknown(codes.PermissionDenied), false, codes.PermissionDenied},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{ready: test.ready, metadata: test.metadata}
			s := connect(t, f, clients.Options{Connections: 1})
			for range 3 {
				got, err := s.Has(t.Context(), "m")
				if got != test.want || status.Code(err) != test.code {
					t.Errorf("%t, %v; want %t, %v", got, err, test.want, test.code)
				}
			}
			if n := f.indexes.Load(); n != 1 {
				t.Errorf("the index was asked for %d times", n)
			}
			if n := f.readies.Load(); test.want && n != 1 {
				t.Errorf("the answer was not remembered: %d questions", n)
			}
		})
	}
}

func TestHasByNameIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		there := false
		f := &fake{
			ready:    func(string) (bool, error) { return there, nil },
			metadata: func(string) ([]byte, error) { return nil, status.Error(codes.NotFound, "no such model") },
		}
		defer n.serve("vision:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 1})
		steps := []struct {
			name   string
			change func()
			want   bool
			asked  int32
		}{
			{"it has not", func() {}, false, 1},
			{"loaded just now", func() { there = true }, false, 1},
			{"a second later", func() { time.Sleep(time.Second) }, true, 2},
			{"unloaded, and still believed", func() { there = false; time.Sleep(29 * time.Second) }, true, 2},
			{"half a minute later", func() { time.Sleep(time.Second) }, false, 3},
		}
		for _, step := range steps {
			step.change()
			got, err := s.Has(t.Context(), "m")
			if got != step.want || err != nil || f.readies.Load() != step.asked {
				t.Errorf("%s: %t, %v after %d questions; want %t after %d", step.name, got, err, f.readies.Load(), step.want, step.asked)
			}
			if _, err := s.Index(t.Context()); !errors.Is(err, clients.ErrNoIndex) {
				t.Errorf("%s: index: %v", step.name, err)
			}
		}
		if n := f.indexes.Load(); n != 2 { // at the start, and after half a minute
			t.Errorf("the index that it has not was asked for %d times", n)
		}
	})
}

func TestHasWhatIsConfigured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		s := n.open(t, clients.Options{Targets: []string{"gone:1"}, Models: []string{"resnet", "bert-*"}})
		if diff := cmp.Diff([]string{"resnet"}, s.Names()); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
		for model, want := range map[string]bool{"resnet": true, "other": false} {
			if got, err := s.Has(t.Context(), model); got != want || err != nil {
				t.Errorf("%s: %t, %v", model, got, err)
			}
		}
		if dials := n.dialled("gone:1"); dials != 0 {
			t.Errorf("%d dials for what the options tell", dials)
		}
		if _, err := s.Has(t.Context(), "bert-base"); status.Code(err) != codes.Unavailable {
			t.Errorf("%v, want UNAVAILABLE", err)
		}
	})
}

func TestQuestionsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		release := make(chan struct{})
		f := &fake{index: func() (*inferencepb.RepositoryIndexResponse, error) { <-release; return repository(), nil }}
		defer n.serve("vision:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}})
		first := make(chan error, 1)
		go func() {
			_, err := s.Index(t.Context())
			first <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := s.Index(ctx) // it waits for the first
		wantError(t, err, codes.DeadlineExceeded, "upstream vision: it did not answer before the deadline")
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}
