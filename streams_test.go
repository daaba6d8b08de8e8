package manifold_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/manifold-serving/manifold"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
)

func repeatRequest(model, id string, values ...int32) *pb.ModelInferRequest {
	tensor := func(name, datatype string) *pb.ModelInferRequest_InferInputTensor {
		return &pb.ModelInferRequest_InferInputTensor{Name: name, Datatype: datatype, Shape: []int64{int64(len(values))}}
	}
	return &pb.ModelInferRequest{
		ModelName: model, Id: id,
		Parameters:       map[string]*pb.InferParameter{infer.EnableEmptyFinalResponse: {ParameterChoice: &pb.InferParameter_BoolParam{BoolParam: true}}},
		Inputs:           []*pb.ModelInferRequest_InferInputTensor{tensor("IN", "INT32"), tensor("DELAY", "UINT32"), {Name: "WAIT", Datatype: "UINT32", Shape: []int64{1}}},
		RawInputContents: [][]byte{infer.RawOf(values...), make([]byte, 4*len(values)), make([]byte, 4)},
	}
}

// streams asks over one stream and returns what came: the model, its version, the id and the value, or what it says instead.
func (r *running) streams(t *testing.T, requests ...*pb.ModelInferRequest) []string {
	t.Helper()
	stream, err := r.grpc.ModelStreamInfer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range requests {
		if err := stream.Send(req); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		resp := reply.GetInferResponse()
		line := fmt.Sprintf("%s/%s %s", resp.GetModelName(), resp.GetModelVersion(), resp.GetId())
		switch {
		case reply.GetErrorMessage() != "":
			line += " " + reply.GetErrorMessage()
		case len(resp.GetRawOutputContents()) > 0:
			line += fmt.Sprintf(" %v", resp.GetRawOutputContents()[0])
		}
		if resp.GetParameters()[infer.FinalResponse].GetBoolParam() {
			line += " final"
		}
		lines = append(lines, line)
	}
}

// TestStreamsHaveTheNameThatWasAsked: of a model, of a service that its server knows by another name, and of a graph whose last step
// streams.
func TestStreamsHaveTheNameThatWasAsked(t *testing.T) {
	t.Parallel()
	address := standin.Serve(t, "simple", "repeat_int32").GRPC
	gateway := start(t, load(t, modelServerYAML("s", address, "*")+serviceYAML("served", address+"/repeat_int32")+
		graphYAML("inner", "{serviceName: served}")+graphYAML("g", "{serviceName: repeat_int32, name: early}, {serviceName: inner}")), manifold.Options{})
	for name, last := range map[string]string{"repeat_int32": "", "served": "", "g": "1"} { // Triton's empty final has no version
		want := []string{name + "/1 7 [5 0 0 0]", name + "/1 7 [6 0 0 0]", name + "/" + last + " 7 final"}
		if diff := cmp.Diff(want, gateway.streams(t, repeatRequest(name, "7", 5, 6))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	config, err := gateway.grpc.ModelConfig(t.Context(), &pb.ModelConfigRequest{Name: "g"})
	if err != nil || !config.GetConfig().GetModelTransactionPolicy().GetDecoupled() {
		t.Errorf("the graph is not decoupled: %v, %v", config, err)
	}
	if _, err := gateway.grpc.ModelInfer(t.Context(), repeatRequest("g", "7", 5)); status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "streams its answers") {
		t.Errorf("without a stream: %v", err)
	}
}
