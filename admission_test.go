package manifold_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// held answers once it may, and tells that it was asked.
type held struct{ asked, may chan struct{} }

func (h held) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	h.asked <- struct{}{}
	<-h.may
	return oiptest.Identity().Infer(ctx, req)
}

// TestRefusedCallSaysWhenToComeBack has a server that may have one call, and a second one by every way, also through a graph.
func TestRefusedCallSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	model := held{make(chan struct{}), make(chan struct{})}
	address := oiptest.Serve(t, oiptest.Models{"echo": model})
	g := start(t, load(t, fmt.Sprintf("apiVersion: manifold.dev/v1alpha1\nkind: ModelServer\nmetadata: {name: vision}\n"+
		"spec: {targets: [%q], models: [echo], concurrency: {mode: fixed, limit: 1, queue: -1}}\n", address)+graphYAML("graph", "{serviceName: echo}")), manifold.Options{})
	first := make(chan string, 1)
	go func() {
		status, body := post(t, g.rest+"/v2/models/echo/infer", []byte(echoJSON))
		first <- fmt.Sprint(status, body)
	}()
	<-model.asked
	for _, name := range []string{"echo", "graph"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.rest+"/v2/models/"+name+"/infer", strings.NewReader(echoJSON))
		if err != nil {
			t.Fatal(err)
		}
		resp := must(http.DefaultClient.Do(req))
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: %d, retry after %q", name, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
		var trailer metadata.MD
		_, err = g.grpc.ModelInfer(t.Context(), &pb.ModelInferRequest{
			ModelName: name, Inputs: []*pb.ModelInferRequest_InferInputTensor{{Name: "x", Datatype: "UINT8", Shape: []int64{1}}},
			RawInputContents: [][]byte{{1}},
		}, grpc.Trailer(&trailer))
		ms, _ := strconv.Atoi(strings.Join(trailer.Get("grpc-retry-pushback-ms"), ","))
		if status.Code(err) != codes.Unavailable || ms < 50 || ms > 150 || !strings.Contains(err.Error(), "raise concurrency.limit of ModelServer vision") {
			t.Errorf("%s: %v, retry after %dms", name, err, ms)
		}
	}
	close(model.may)
	if got := <-first; !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
}
