package clients_test

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/clients/balance"
	"github.com/manifold-serving/manifold/clients/fleet"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// replicas are three servers that answer with their names.
func replicas(n *network) (addresses []string, stops map[string]func()) {
	stops = map[string]func(){}
	for i := range 3 {
		address := fmt.Sprintf("replica%d:1", i)
		stops[address] = n.serve(address, &fake{infer: func(context.Context, []byte) ([]byte, error) {
			return proto.Marshal(&pb.ModelInferResponse{ModelName: address})
		}})
		addresses = append(addresses, address)
	}
	return addresses, stops
}

// answers is the replica that answers a request of the sequence.
func answers(tb testing.TB, s *clients.Server, id any) string {
	tb.Helper()
	req := infer.NewRequest(infer.Head{ModelName: "m", Parameters: infer.Parameters{{Key: "sequence_id", Value: id}}},
		[]infer.TensorData{{Name: "x", DataType: infer.Uint8, Shape: infer.Shape{1}, Data: mem.SliceBuffer{7}}}, nil)
	defer req.Free()
	response, err := s.Model("m").Infer(tb.Context(), req)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Free()
	return response.ModelName()
}

func TestSequencesStayOnTheirReplica(t *testing.T) {
	t.Parallel()
	n := &network{}
	addresses, stops := replicas(n)
	for _, stop := range stops {
		defer stop()
	}
	s := n.open(t, clients.Options{Targets: addresses, Dialect: clients.Triton})
	other := n.open(t, clients.Options{Targets: []string{addresses[2], addresses[0], addresses[1]}, Dialect: clients.Triton})
	used := map[string]bool{}
	home := map[any]string{}
	for i := range 30 {
		for _, id := range []any{int64(i + 1), fmt.Sprint("text", i), uint64(i + 100)} {
			home[id] = answers(t, s, id)
			used[home[id]] = true
		}
	}
	for id, at := range home {
		if got := answers(t, s, id); got != at {
			t.Errorf("sequence %v moved from %s to %s", id, at, got)
		}
		if got := answers(t, other, id); got != at {
			t.Errorf("sequence %v is on %s in one gateway and on %s in another", id, at, got)
		}
	}
	if len(used) != 3 {
		t.Errorf("90 sequences are on %d replicas", len(used))
	}
}

func TestOnlySequencesOfALostReplicaMove(t *testing.T) {
	t.Parallel()
	n := &network{}
	addresses, stops := replicas(n)
	s := n.open(t, clients.Options{Targets: addresses, Dialect: clients.Triton, Connections: 1})
	home := map[int]string{}
	for i := range 30 {
		home[i] = answers(t, s, int64(i+1))
	}
	lost := addresses[0]
	stops[lost]()
	defer stops[addresses[1]]()
	defer stops[addresses[2]]()
	for { // until it is known that the replica is lost
		response, err := s.Model("m").Infer(t.Context(), sequenceOn(t, home, lost))
		if err == nil {
			response.Free()
			break
		}
		if infer.CodeOf(err) != codes.Unavailable {
			t.Fatal(err)
		}
	}
	for i, at := range home {
		if got := answers(t, s, int64(i+1)); (got != at) != (at == lost) {
			t.Errorf("sequence %d was on %s and is on %s", i, at, got)
		}
	}
}

// sequenceOn is a request of a sequence that was on that replica.
func sequenceOn(tb testing.TB, home map[int]string, replica string) *infer.Request {
	tb.Helper()
	for i, at := range home {
		if at == replica {
			req := infer.NewRequest(infer.Head{ModelName: "m", Parameters: infer.Parameters{{Key: "sequence_id", Value: int64(i + 1)}}}, nil, nil)
			tb.Cleanup(req.Free)
			return req
		}
	}
	tb.Fatalf("no sequence is on %s", replica)
	return nil
}

func TestRequestsWithoutASequenceTakeTurns(t *testing.T) {
	t.Parallel()
	n := &network{}
	addresses, stops := replicas(n)
	for _, stop := range stops {
		defer stop()
	}
	s := n.open(t, clients.Options{
		Targets: addresses, Dialect: clients.Triton, Policies: fleet.Policies{Balancing: balance.RoundRobin, SlowStart: -1},
	})
	for _, id := range []any{int64(0), "", uint64(0), true} { // none of which is a sequence
		used := map[string]bool{}
		for range 3 {
			used[answers(t, s, id)] = true
		}
		if len(used) != 3 {
			t.Errorf("%v: three requests went to %d replicas", id, len(used))
		}
	}
}
