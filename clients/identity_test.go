package clients_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// known is a server of that name with a model m that has one input of that type, or with none.
func known(name, datatype string) *fake {
	return &fake{
		about: &pb.ServerMetadataResponse{Name: name},
		loads: func([]byte) ([]byte, error) { return nil, nil },
		ready: func(string) (bool, error) { return datatype != "", nil },
		metadata: func(model string) ([]byte, error) {
			if datatype == "" {
				return nil, status.Error(codes.NotFound, "no such model")
			}
			return proto.Marshal(&pb.ModelMetadataResponse{Name: model, Inputs: []*pb.ModelMetadataResponse_TensorMetadata{
				{Name: "x", Datatype: datatype, Shape: []int64{-1}},
			}})
		},
		infer: func(context.Context, []byte) ([]byte, error) {
			if datatype == "" {
				return nil, status.Error(codes.NotFound, "no such model")
			}
			return nil, nil
		},
	}
}

// pair is a server with two endpoints, both of which have answered.
type pair struct {
	*clients.Server
	network network
	stops   map[string]func()
}

func openPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{stops: map[string]func(){}}
	a, b := known("triton", "UINT8"), known("triton", "UINT8")
	p.serve("a:1", a)
	p.serve("b:1", b)
	t.Cleanup(func() {
		for _, stop := range p.stops {
			stop()
		}
	})
	p.Server = p.network.open(t, clients.Options{Targets: []string{"a:1", "b:1"}})
	p.calls(t, 100)
	if a.infers.Load() == 0 || b.infers.Load() == 0 {
		t.Fatal("the calls went to one endpoint alone")
	}
	return p
}

// serve puts a server at an address, in place of another one.
func (p *pair) serve(address string, f *fake) {
	if stop := p.stops[address]; stop != nil {
		stop()
		synctest.Wait()
	}
	p.stops[address] = p.network.serve(address, f)
}

// calls are made every 50 ms, and all answered.
func (p *pair) calls(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := call(t.Context(), t, p.Model("m")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestU9StrangerAtAnAddressIsNotCalled(t *testing.T) {
	t.Parallel()
	for name, stranger := range map[string]*fake{
		"another kind of server":       known("mlserver", "UINT8"),
		"a model with other inputs":    known("triton", "FP32"),
		"a server without the model":   known("triton", ""),
		"a server that says nothing":   {closed: status.Error(codes.Unavailable, "who asks?")},
		"another server in every way":  known("mlserver", "FP32"),
		"one that has models no more":  known("", ""),
		"one that is called otherwise": known("kserve", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := openPair(t)
				p.serve("b:1", stranger)
				p.calls(t, 200)
				if n := stranger.infers.Load(); n != 0 {
					t.Errorf("it was called %d times", n)
				}
				back := known("triton", "UINT8")
				p.serve("b:1", back)
				p.calls(t, 400)
				if back.infers.Load() == 0 {
					t.Error("the server that came back was not called")
				}
			})
		})
	}
}

func TestU9AllServersMayChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := openPair(t)
		p.stops["a:1"]()
		a, b := known("mlserver", "FP32"), known("mlserver", "FP32")
		p.serve("b:1", b)
		delete(p.stops, "a:1")
		p.serve("a:1", a)
		time.Sleep(3 * time.Second)
		p.calls(t, 400)
		if a.infers.Load() == 0 || b.infers.Load() == 0 {
			t.Errorf("%d and %d calls", a.infers.Load(), b.infers.Load())
		}
	})
}

func TestU9StrangerIsToldOfAndTakenWhenNobodyElseIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := openPair(t)
		p.serve("b:1", known("triton", "FP32"))
		p.calls(t, 40)
		const why = "who answered there last was refused: it is another server: its model m has inputs [x FP32 of rank 1] and outputs [], that of the others "
		for _, e := range p.State().Endpoints {
			if e.Address == "b:1" && (e.State.State != "unreachable" || !strings.HasPrefix(e.Reason, why)) {
				t.Errorf("%s: %s", e.State.State, e.Reason) // calls do not tell, as long as they go elsewhere
			}
		}
		err := p.Administer(t.Context(), load, &pb.RepositoryModelLoadRequest{ModelName: "m"}, &pb.RepositoryModelLoadResponse{})
		const want = "it is another server: its model m has inputs [x FP32 of rank 1] and outputs [], that of the others inputs [x UINT8 of rank 1] and outputs []"
		if infer.CodeOf(err) != codes.Unavailable || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		p.stops["a:1"]()
		delete(p.stops, "a:1")
		time.Sleep(2 * time.Second)
		p.calls(t, 10)
	})
}
