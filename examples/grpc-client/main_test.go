package main

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

const dog = "../animals-and-plants/pictures/dog.png"

// fake answers "dog" to one request and keeps it.
type fake struct {
	inferencepb.UnimplementedGRPCInferenceServiceServer

	request *inferencepb.ModelInferRequest
}

func (f *fake) ModelInfer(_ context.Context, req *inferencepb.ModelInferRequest) (*inferencepb.ModelInferResponse, error) {
	if req.GetModelName() != "image-processing-graph" {
		return nil, status.Error(codes.NotFound, "there is no such model")
	}
	f.request = req
	return &inferencepb.ModelInferResponse{
		Outputs:           []*inferencepb.ModelInferResponse_InferOutputTensor{{Name: "predictions", Datatype: "BYTES", Shape: []int64{1, 1}}},
		RawOutputContents: [][]byte{[]byte("\x03\x00\x00\x00dog")},
	}, nil
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

func serve(t *testing.T, f *fake) string {
	t.Helper()
	listener := listen(t)
	server := grpc.NewServer()
	inferencepb.RegisterGRPCInferenceServiceServer(server, f)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func TestClassify(t *testing.T) {
	t.Parallel()
	f := &fake{}
	label, err := classify(t.Context(), serve(t, f), "image-processing-graph", dog)
	if err != nil || label != "dog" {
		t.Fatalf("the label is %q (%v)", label, err)
	}
	picture, err := os.ReadFile(dog)
	if err != nil {
		t.Fatal(err)
	}
	want := &inferencepb.ModelInferRequest{
		ModelName: "image-processing-graph",
		Inputs: []*inferencepb.ModelInferRequest_InferInputTensor{{
			Name: "image", Datatype: "BYTES", Shape: []int64{1, 1}, Contents: &inferencepb.InferTensorContents{BytesContents: [][]byte{picture}},
		}},
	}
	if diff := cmp.Diff(want, f.request, protocmp.Transform()); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestClassifyTellsTheCure(t *testing.T) {
	t.Parallel()
	absent := listen(t)
	_ = absent.Close()
	served := serve(t, &fake{})
	for name, test := range map[string]struct{ address, model, picture, want string }{
		"nobody listens": {absent.Addr().String(), "image-processing-graph", dog, "no answer from " + absent.Addr().String() + ", is `make run` running? ("},
		"no picture":     {served, "image-processing-graph", "absent.png", "open absent.png: no such file or directory: run this at the top of the repository"},
		"no model":       {served, "x", dog, served + " answers NotFound: there is no such model"},
	} {
		if _, err := classify(t.Context(), test.address, test.model, test.picture); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, test.want)
		}
	}
}

func TestFirstLabelRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, outputs := range [][][]byte{nil, {{}}, {{1, 0, 0}}, {{2, 0, 0, 0, 'a'}}} {
		if label, err := firstLabel(outputs); err == nil {
			t.Errorf("%v is %q", outputs, label)
		}
	}
}
