package transparency

import (
	"context"
	"errors"
	"io"
	"testing"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// A backend that is killed while it streams: every outstanding request gets an error in the stream, which takes further requests and
// ends as the client ends it.
func TestKilledBackendEndsEveryRequestAndNotTheStream(t *testing.T) {
	t.Parallel()
	server := realTriton(t)
	through := gateway(t, "", server)
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	calls, err := pb.NewGRPCInferenceServiceClient(through.GRPC).ModelStreamInfer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	outstanding := map[string]bool{"a": true, "b": true, "c": true}
	for id := range outstanding {
		send(t, calls, delayed(repeating(id, 1, 2), 0, 60_000))
	}
	for range outstanding { // each has begun
		if event := receive(t, calls); event.GetErrorMessage() != "" {
			t.Fatalf("got %v", event)
		}
	}
	server.Kill()
	for len(outstanding) > 0 {
		event := receive(t, calls)
		if id := event.GetInferResponse().GetId(); event.GetErrorMessage() == "" || !outstanding[id] {
			t.Fatalf("want an error for one of %v, got %v", outstanding, event)
		}
		delete(outstanding, event.GetInferResponse().GetId())
	}
	send(t, calls, repeating("later", 1))
	if event := receive(t, calls); event.GetErrorMessage() == "" || event.GetInferResponse().GetId() != "later" {
		t.Errorf("want an error for what came later, got %v", event)
	}
	if err := calls.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if event, err := calls.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("want the end, got %v, %v", event, err)
	}
}

func send(t *testing.T, calls pb.GRPCInferenceService_ModelStreamInferClient, r *pb.ModelInferRequest) {
	t.Helper()
	if err := calls.Send(r); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, calls pb.GRPCInferenceService_ModelStreamInferClient) *pb.ModelStreamInferResponse {
	t.Helper()
	event, err := calls.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return event
}
