package clients_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/units"
)

// platform answers metadata that tells one thing apart.
func platform(name string) func(string) ([]byte, error) {
	return func(model string) ([]byte, error) {
		return proto.Marshal(&inferencepb.ModelMetadataResponse{Name: model, Platform: name})
	}
}

func TestMetadataIsAskedForOnce(t *testing.T) {
	t.Parallel()
	f := &fake{metadata: platform("onnx")}
	s := connect(t, f, clients.Options{Connections: 1})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			m, err := s.Model("resnet").Metadata(t.Context())
			if err != nil || m.Name != "resnet" || m.Platform != "onnx" {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
	all.Wait()
	if n := f.metadatas.Load(); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
	if _, err := s.Model("other").Metadata(t.Context()); err != nil || f.metadatas.Load() != 2 {
		t.Errorf("another model: %v after %d questions", err, f.metadatas.Load())
	}
}

func TestMetadataIsRefreshedOnReconnect(t *testing.T) {
	t.Parallel()
	path := socket(t)
	s := open(t, clients.Options{Targets: []string{"unix:" + path}, ConnectTimeout: units.Duration(time.Minute)})
	for i := range 3 {
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("server %d", i)
		stop, drain := (&fake{metadata: platform(want)}).serveOn(listener)
		if err := call(t.Context(), t, s.Model("m")); err != nil { // the drain before made sure that this one reconnects
			t.Fatal(err)
		}
		m, err := s.Model("m").Metadata(t.Context())
		if err != nil || m.Platform != want {
			t.Errorf("%+v, %v; want %s", m, err, want)
		}
		drain()
		stop()
	}
}

func TestMetadataDoesNotOutliveTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n network
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 1})
		for _, want := range []string{"monday", "tuesday"} {
			stop := n.serve("vision:1", &fake{metadata: platform(want)})
			m, err := s.Model("m").Metadata(t.Context())
			if err != nil || m.Platform != want {
				t.Errorf("%+v, %v; want %s", m, err, want)
			}
			stop()
			synctest.Wait()
		}
	})
}

func TestMetadataErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		metadata func(string) ([]byte, error)
		code     codes.Code
		want     string
	}{
		{"the server's", func(string) ([]byte, error) { return nil, status.Error(codes.NotFound, "no model m") }, codes.NotFound, "no model m"},
		{"not offered", nil, codes.Unimplemented, "method ModelMetadata not implemented"},
		{"broken", func(string) ([]byte, error) { return []byte{0x0a, 0x05}, nil }, codes.Internal, "its metadata does not decode: unexpected EOF"},
	}
	for _, test := range tests {
		f := &fake{metadata: test.metadata}
		address := f.start(t)
		s := open(t, clients.Options{Targets: []string{address}})
		for range 2 {
			_, err := s.Model("m").Metadata(t.Context())
			wantError(t, err, test.code, "upstream vision ("+address+"): "+test.want)
		}
		if n := f.metadatas.Load(); n != 2 {
			t.Errorf("%s: an error was remembered; %d questions", test.name, n)
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	f := &fake{ready: func(model string) (bool, error) { return model == "warm", nil }}
	address := f.start(t)
	s := open(t, clients.Options{Targets: []string{address}})
	if err := s.Model("warm").Ready(t.Context()); err != nil {
		t.Error(err)
	}
	wantError(t, s.Model("cold").Ready(t.Context()), codes.Unavailable, "upstream vision ("+address+"): model cold is not ready")
	if err := s.Live(t.Context()); err != nil {
		t.Error(err)
	}
	wantError(t, s.Ready(t.Context()), codes.Unavailable, "upstream vision ("+address+"): the server says that it is not ready")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{s.Live(cancelled), s.Ready(cancelled), s.Model("warm").Ready(cancelled)} {
		if infer.CodeOf(err) != codes.Canceled {
			t.Errorf("%v, want CANCELLED", err)
		}
	}
}
