package clients_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/clients"
	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// recorder is a server of that name that keeps the last request and answers with outputs a, b and c, of two elements each.
func recorder(about *pb.ServerMetadataResponse, received *pb.ModelInferRequest) *fake {
	return &fake{
		about: about,
		infer: func(_ context.Context, request []byte) ([]byte, error) {
			if err := proto.Unmarshal(request, received); err != nil {
				return nil, err
			}
			m := &pb.ModelInferResponse{ModelName: "m"}
			for _, name := range []string{"a", "b", "c"} {
				m.Outputs = append(m.Outputs, &pb.ModelInferResponse_InferOutputTensor{
					Name: name, Datatype: "UINT8", Shape: []int64{1, 2}, Parameters: map[string]*pb.InferParameter{
						"binary_data_size": whole(2), "shared_memory_offset": whole(1), "own": whole(3),
					},
				})
				m.RawOutputContents = append(m.RawOutputContents, []byte{name[0], 1})
			}
			return proto.Marshal(m)
		},
	}
}

func whole(v int64) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_Int64Param{Int64Param: v}}
}

func boolean(v bool) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_BoolParam{BoolParam: v}}
}

func text(v string) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_StringParam{StringParam: v}}
}

func unsigned(v uint64) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_Uint64Param{Uint64Param: v}}
}

func double(v float64) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_DoubleParam{DoubleParam: v}}
}

// infers sends m and returns the answer.
func infers(tb testing.TB, s *clients.Server, m *pb.ModelInferRequest) (*pb.ModelInferResponse, error) {
	tb.Helper()
	wire, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		tb.Fatal(err)
	}
	defer req.Free()
	response, err := s.Model("m").Infer(tb.Context(), req)
	if err != nil {
		return nil, err
	}
	defer response.Free()
	var decoded pb.ModelInferResponse
	back := response.Marshal()
	defer back.Free()
	if err := proto.Unmarshal(back.Materialize(), &decoded); err != nil {
		tb.Fatal(err)
	}
	return &decoded, nil
}

// everything is a request with every kind of parameter that servers disagree on.
func everything() *pb.ModelInferRequest {
	return &pb.ModelInferRequest{
		ModelName: "m",
		Parameters: map[string]*pb.InferParameter{
			"triton_enable_empty_final_response": boolean(false), "triton_other": whole(1), "binary_data_output": boolean(true),
			"priority": unsigned(3), "huge": unsigned(math.MaxUint64), "temperature": double(0.25), "note": text("x"), "classification": whole(9),
		},
		Inputs: []*pb.ModelInferRequest_InferInputTensor{{
			Name: "x", Datatype: "UINT8", Shape: []int64{1},
			Parameters: map[string]*pb.InferParameter{"binary_data_size": whole(1), "content_type": text("np"), "scale": double(math.Inf(1))},
		}},
		Outputs: []*pb.ModelInferRequest_InferRequestedOutputTensor{{
			Name: "c", Parameters: map[string]*pb.InferParameter{"binary_data": boolean(true), "classification": whole(1), "weight": unsigned(4)},
		}},
		RawInputContents: [][]byte{{7}},
	}
}

func TestT07T08ParametersOfEveryDialect(t *testing.T) {
	t.Parallel()
	three := everything()
	three.Parameters = map[string]*pb.InferParameter{
		"priority": whole(3), "huge": text("18446744073709551615"), "temperature": text("0.25"), "note": text("x"), "classification": whole(9),
	}
	three.Inputs[0].Parameters = map[string]*pb.InferParameter{"content_type": text("np"), "scale": text("+Inf")}
	three.Outputs[0].Parameters = map[string]*pb.InferParameter{"weight": whole(4)}
	five := everything()
	delete(five.GetParameters(), "triton_enable_empty_final_response")
	delete(five.GetParameters(), "triton_other")
	delete(five.GetParameters(), "binary_data_output")
	delete(five.GetInputs()[0].GetParameters(), "binary_data_size")
	five.Outputs[0].Parameters = map[string]*pb.InferParameter{"weight": unsigned(4)}
	triton := everything()
	delete(triton.GetParameters(), "binary_data_output")
	delete(triton.GetInputs()[0].GetParameters(), "binary_data_size")
	delete(triton.GetOutputs()[0].GetParameters(), "binary_data")
	for _, tt := range []struct {
		name    string
		about   *pb.ServerMetadataResponse
		dialect clients.Dialect
		want    *pb.ModelInferRequest
	}{
		{"triton", &pb.ServerMetadataResponse{Name: "triton"}, "", triton},
		{"kin of triton", &pb.ServerMetadataResponse{Name: "manifold", Extensions: []string{"statistics", "model_configuration"}}, "", triton},
		{"mlserver", &pb.ServerMetadataResponse{Name: "mlserver"}, "", three},
		{"kserve", &pb.ServerMetadataResponse{Name: "kserve"}, "", three},
		{"openvino", &pb.ServerMetadataResponse{Name: "OpenVINO Model Server"}, "", three},
		{"any other", &pb.ServerMetadataResponse{Name: "dynamo"}, "", five},
		{"one that does not tell", nil, "", five},
		{"one that is known better", &pb.ServerMetadataResponse{Name: "triton"}, clients.MLServer, three},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got pb.ModelInferRequest
			f := recorder(tt.about, &got)
			f.metadata = func(string) ([]byte, error) { // whose classes Triton is asked for
				return proto.Marshal(&pb.ModelMetadataResponse{Outputs: []*pb.ModelMetadataResponse_TensorMetadata{{Name: "c", Datatype: "UINT8"}}})
			}
			if _, err := infers(t, connect(t, f, clients.Options{Dialect: tt.dialect}), everything()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, &got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestT08AnswersLoseWhatFramedThem(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]*pb.InferParameter{
		"triton": {"own": whole(3), "shared_memory_offset": whole(1)},
		"kserve": {"own": whole(3)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got pb.ModelInferRequest
			s := connect(t, recorder(&pb.ServerMetadataResponse{Name: name}, &got), clients.Options{})
			answer, err := infers(t, s, &pb.ModelInferRequest{ModelName: "m", Parameters: map[string]*pb.InferParameter{"note": text("x")}})
			if err != nil {
				t.Fatal(err)
			}
			for _, output := range answer.GetOutputs() {
				if diff := cmp.Diff(want, output.GetParameters(), protocmp.Transform()); diff != "" {
					t.Errorf("%s: %s", output.GetName(), diff)
				}
			}
		})
	}
}

func asksFor(names ...string) *pb.ModelInferRequest {
	m := &pb.ModelInferRequest{ModelName: "m"}
	for _, name := range names {
		m.Outputs = append(m.Outputs, &pb.ModelInferRequest_InferRequestedOutputTensor{Name: name})
	}
	return m
}

func TestT19UnrequestedOutputsAreFiltered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, server string
		ask, want    []string
	}{
		{"all when none is named", "openvino", nil, []string{"a", "b", "c"}},
		{"those named, in that order", "openvino", []string{"c", "a"}, []string{"c", "a"}},
		{"as they come", "mlserver", []string{"a", "b", "c"}, []string{"a", "b", "c"}},
		{"Triton's own order is Triton's", "triton", []string{"c", "a"}, []string{"a", "b", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got pb.ModelInferRequest
			s := connect(t, recorder(&pb.ServerMetadataResponse{Name: tt.server}, &got), clients.Options{})
			answer, err := infers(t, s, asksFor(tt.ask...))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for i, output := range answer.GetOutputs() {
				names = append(names, output.GetName())
				if raw := answer.GetRawOutputContents()[i]; raw[0] != output.GetName()[0] {
					t.Errorf("output %s has the data of %c", output.GetName(), raw[0])
				}
			}
			if diff := cmp.Diff(tt.want, names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestT19AnOutputThatDoesNotCome(t *testing.T) {
	t.Parallel()
	f := recorder(&pb.ServerMetadataResponse{Name: "kserve"}, &pb.ModelInferRequest{})
	_, err := infers(t, connect(t, f, clients.Options{Dialect: clients.KServe}), asksFor("nope"))
	if infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("error %v", err)
	}
}

func TestClassesAreMadeForServersThatDoNot(t *testing.T) {
	t.Parallel()
	f := recorder(&pb.ServerMetadataResponse{Name: "mlserver"}, &pb.ModelInferRequest{})
	m := asksFor("c")
	m.Outputs[0].Parameters = map[string]*pb.InferParameter{"classification": whole(1)}
	answer, err := infers(t, connect(t, f, clients.Options{}), m)
	if err != nil {
		t.Fatal(err)
	}
	want := &pb.ModelInferResponse_InferOutputTensor{Name: "c", Datatype: "BYTES", Shape: []int64{1, 1}}
	if diff := cmp.Diff([]*pb.ModelInferResponse_InferOutputTensor{want}, answer.GetOutputs(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if got := string(answer.GetRawOutputContents()[0]); got != "\x04\x00\x00\x0099:0" {
		t.Errorf("classes %q", got)
	}
}

func TestServersAreAskedOnceWhatTheyAre(t *testing.T) {
	t.Parallel()
	f := recorder(&pb.ServerMetadataResponse{Name: "mlserver"}, &pb.ModelInferRequest{})
	s := connect(t, f, clients.Options{Connections: 1})
	if err := call(t.Context(), t, s.Model("m")); err != nil {
		t.Fatal(err)
	}
	if n := f.abouts.Load(); n != 0 {
		t.Errorf("asked %d times, though the request has nothing to adapt", n)
	}
	for range 3 {
		if _, err := infers(t, s, asksFor("a")); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.abouts.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// A server that refuses to tell what it is serves all the same, and is asked again after a while.
func TestServersThatRefuseToTellWhatTheyAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		f := recorder(nil, &pb.ModelInferRequest{})
		f.closed = status.Error(codes.PermissionDenied, "closed")
		defer n.serve("vision:1", f)()
		s := n.open(t, clients.Options{Targets: []string{"vision:1"}, Connections: 1})
		for _, want := range []int32{1, 1, 2} {
			if _, err := infers(t, s, asksFor("b")); err != nil {
				t.Fatal(err)
			}
			if n := f.abouts.Load(); n != want {
				t.Errorf("asked %d times, not %d", n, want)
			}
			<-time.After(600 * time.Millisecond)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A server that cannot be reached cannot tell what it is either: the error is the one that the request would get.
func TestServersThatAreGoneCannotTellWhatTheyAre(t *testing.T) {
	t.Parallel()
	f := recorder(nil, &pb.ModelInferRequest{})
	f.closed = status.Error(codes.Unavailable, "going away")
	address := f.start(t)
	_, err := infers(t, open(t, clients.Options{Targets: []string{address}}), asksFor("b"))
	wantError(t, err, codes.Unavailable, "upstream vision ("+address+"): going away")
	if n := f.infers.Load(); n != 0 {
		t.Errorf("%d requests reached it", n)
	}
}
