package server_test

import (
	"testing"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/server"
)

// TestT05OutputsMirrorTheRequest where the options say so; otherwise they are raw.
func TestT05OutputsMirrorTheRequest(t *testing.T) {
	t.Parallel()
	typed := small("echo")
	typed.RawInputContents, typed.Inputs[0].Contents = nil, &inferencepb.InferTensorContents{IntContents: []int32{1, 2}}
	for form, want := range map[server.OutputForm][2]bool{"": {true, true}, "raw": {true, true}, "mirror": {true, false}} { // of a raw request, of a typed one
		g := start(t, &catalog{models: models()}, func(o *server.Options, _ *server.Deps) { o.Outputs = form })
		for i, req := range []*inferencepb.ModelInferRequest{small("echo"), typed} {
			resp, err := g.client.ModelInfer(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			checkForm(t, resp, want[i])
			s := open(t.Context(), t, g)
			sendAll(t, s, req)
			all, err := receiveAll(t, s)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			checkForm(t, all[0].GetInferResponse(), want[i])
		}
	}
}

func checkForm(t *testing.T, resp *inferencepb.ModelInferResponse, raw bool) {
	t.Helper()
	contents := resp.GetOutputs()[0].GetContents().GetIntContents()
	if raw && (len(resp.GetRawOutputContents()) != 1 || len(contents) != 0) {
		t.Errorf("%v, want raw data", resp)
	}
	if !raw && (len(resp.GetRawOutputContents()) != 0 || len(contents) != 2 || contents[1] != 2) {
		t.Errorf("%v, want typed data", resp)
	}
}
