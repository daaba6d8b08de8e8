package differential_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// large is a message beyond every default of gRPC and of HTTP servers; under the race detector it is just beyond.
func large() int {
	if oiptest.Race {
		return 5 << 20
	}
	return 20 << 20
}

// Messages of 20 MiB meet no limit that nobody has set: not from clients, not to and from upstreams, in no form.
func TestP11MessagesOf20MiBMeetNoDefaultLimit(t *testing.T) {
	t.Parallel()
	g, size := start(t, "", ""), large()
	answer := question{Model: "zeros", Inputs: []given{{Name: "SIZE", Type: infer.Int64, Shape: infer.Shape{1}, Data: infer.RawOf(int64(size))}}}
	both := question{Model: "identity_uint8", Inputs: []given{{Name: "INPUT0", Type: infer.Uint8, Shape: infer.Shape{1, int64(size)}, Data: bytes.Repeat([]byte{7}, size)}}}
	for _, f := range g.forms()[:3] { // JSON is read below: as values it takes hundreds of megabytes
		for _, q := range []question{answer, both} {
			got, _ := f.ask(t.Context(), q)
			if got.Status != http.StatusOK || len(got.Outputs) != 1 || len(got.Outputs[0].Raw) != size {
				t.Errorf("%s of %s: %d %s", f.name(), q.Model, got.Status, got.text)
			}
		}
	}
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		text, _, _ := both.document(false)
		if n := len(postJSON(t, g, "identity_uint8", text)); n < 2*size {
			t.Errorf("the answer has %d bytes", n)
		}
		text, _, _ = answer.document(false)
		if n := len(postJSON(t, g, "zeros", text)); n < 2*size {
			t.Errorf("the answer has %d bytes", n)
		}
	})
	t.Run("stream", func(t *testing.T) {
		t.Parallel()
		streamLarge(t, g, size)
	})
}

func postJSON(t *testing.T, g gateway, model, text string) []byte {
	t.Helper()
	resp, err := g.client.Post(g.base+"/v2/models/"+model+"/infer", "application/json", bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v: %.200s", resp.StatusCode, err, body)
	}
	if n := resp.Header.Get("Content-Length"); n != "" && n != strconv.Itoa(len(body)) {
		t.Errorf("%s bytes were announced, %d came", n, len(body))
	}
	return body
}

func streamLarge(t *testing.T, g gateway, size int) {
	t.Helper()
	stream, err := pb.NewGRPCInferenceServiceClient(g.conn).ModelStreamInfer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&pb.ModelInferRequest{
		ModelName: "identity_uint8", RawInputContents: [][]byte{make([]byte, size)},
		Inputs: []*pb.ModelInferRequest_InferInputTensor{{Name: "INPUT0", Datatype: "UINT8", Shape: []int64{1, int64(size)}}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	got, err := stream.Recv()
	if err != nil || got.GetErrorMessage() != "" || len(got.GetInferResponse().GetRawOutputContents()[0]) != size {
		t.Errorf("%s, %v", got.GetErrorMessage(), err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
}
