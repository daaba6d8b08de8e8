package rogue_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/faultlab/backend"
)

func (f *fixture) get(t *testing.T, path string) int {
	t.Helper()
	resp, err := http.Get("http://" + f.address + path)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestReadinessIsAsOrdered(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{Models: []string{"a", "b"}})
	for _, tt := range []struct {
		notReady     []string
		server, a, b bool
	}{
		{nil, true, true, true},
		{[]string{"a"}, true, false, true},
		{[]string{"*"}, false, false, false},
	} {
		f.order(t, backend.Behaviour{NotReady: tt.notReady})
		server, err := f.client.ServerReady(t.Context(), &pb.ServerReadyRequest{})
		if err != nil || server.Ready != tt.server || (f.get(t, "/v2/health/ready") == http.StatusOK) != tt.server {
			t.Errorf("%v: the server: %v, %v", tt.notReady, server, err)
		}
		for model, want := range map[string]bool{"a": tt.a, "b": tt.b} {
			m, err := f.client.ModelReady(t.Context(), &pb.ModelReadyRequest{Name: model})
			if err != nil || m.Ready != want || (f.get(t, "/v2/models/"+model+"/ready") == http.StatusOK) != want {
				t.Errorf("%v: %s: %v, %v", tt.notReady, model, m, err)
			}
		}
	}
	if got := f.Counts().Window; got.Asked["ModelReady"] != 4 || got.Asked["ServerReady"] != 2 || got.Tally.Started != 0 {
		t.Errorf("counts %+v", got)
	}
}

func TestADeadServerAnswersNoQuestion(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	f.order(t, backend.Behaviour{Dead: true})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := f.client.ServerLive(ctx, &pb.ServerLiveRequest{}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	if _, err := f.client.ModelInfer(t.Context(), call("1").Request("ledger")); err != nil {
		t.Error(err)
	}
}

func TestU9AnotherIdentity(t *testing.T) {
	t.Parallel()
	f := serve(t, backend.Options{})
	f.order(t, backend.Behaviour{Identity: backend.Identity{
		Server: "impostor", Version: "9", Models: []string{"other"}, Input: "x", DataType: "FP32",
	}})
	server, err := f.client.ServerMetadata(t.Context(), &pb.ServerMetadataRequest{})
	if err != nil || server.Name != "impostor" || server.Version != "9" {
		t.Errorf("got %v, %v", server, err)
	}
	model, err := f.client.ModelMetadata(t.Context(), &pb.ModelMetadataRequest{Name: "other"})
	if err != nil || model.Inputs[0].Name != "x" || model.Inputs[0].Datatype != "FP32" {
		t.Errorf("got %v, %v", model, err)
	}
	if _, err := f.client.ModelMetadata(t.Context(), &pb.ModelMetadataRequest{Name: "ledger"}); status.Code(err) != codes.NotFound {
		t.Errorf("got %v", err)
	}
	if got := f.get(t, "/v2/models/ledger"); got != http.StatusNotFound {
		t.Errorf("status %d", got)
	}
}
