package infer_test

import (
	"errors"
	"math"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

func response(t *testing.T, pool *oiptest.Pool, m *pb.ModelInferResponse) *infer.Response {
	t.Helper()
	resp, err := infer.ParseResponse(pool.Split(marshalled(t, m), 9))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func request(t *testing.T, pool *oiptest.Pool, m *pb.ModelInferRequest) *infer.Request {
	t.Helper()
	req, err := infer.ParseRequest(pool.Split(marshalled(t, m), 9))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func marshalled(t *testing.T, m proto.Message) []byte {
	t.Helper()
	wire, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

// same compares a message with what it should decode to.
func same(t *testing.T, got interface{ Marshal() mem.BufferSlice }, want proto.Message) {
	t.Helper()
	wire := got.Marshal()
	defer wire.Free()
	decoded := want.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(wire.Materialize(), decoded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, decoded, protocmp.Transform()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

func intParameter(v int64) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_Int64Param{Int64Param: v}}
}

func output(name string, parameters map[string]*pb.InferParameter) *pb.ModelInferResponse_InferOutputTensor {
	return &pb.ModelInferResponse_InferOutputTensor{Name: name, Datatype: "UINT8", Shape: []int64{2}, Parameters: parameters}
}

func input(name string) *pb.ModelInferRequest_InferInputTensor {
	return &pb.ModelInferRequest_InferInputTensor{Name: name, Datatype: "UINT8", Shape: []int64{2}}
}

func takes(names ...string) *infer.Metadata {
	m := &infer.Metadata{Name: "next"}
	for _, name := range names {
		m.Inputs = append(m.Inputs, infer.TensorMetadata{Name: name})
	}
	return m
}

func TestSuccessorMatchesOutputsToInputs(t *testing.T) {
	t.Parallel()
	previous := &pb.ModelInferResponse{
		ModelName: "first", Id: "theirs", Parameters: map[string]*pb.InferParameter{"gone": intParameter(1)},
		Outputs:           []*pb.ModelInferResponse_InferOutputTensor{output("a", map[string]*pb.InferParameter{"binary_data_size": intParameter(2), "kept": intParameter(3)}), output("b", nil)},
		RawOutputContents: [][]byte{{1, 2}, {3, 4}},
	}
	node := &pb.ModelInferRequest{ModelName: "graph", Id: "ours", Parameters: map[string]*pb.InferParameter{"priority": intParameter(5), "shared_memory_region": intParameter(6)}}
	for _, tt := range []struct {
		name   string
		target *infer.Metadata
		want   []string // input names, of a and b in order; "" is left out
	}{
		{"names are kept when nothing is known", nil, []string{"a", "b"}},
		{"names are kept when the target declares no inputs", takes(), []string{"a", "b"}},
		{"undeclared outputs are dropped", takes("b", "c"), []string{"", "b"}},
		{"no name in common, equal counts: by position", takes("x", "y"), []string{"x", "y"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool := oiptest.NewPool(t)
			prev, client := response(t, pool, previous), request(t, pool, node)
			defer prev.Free()
			defer client.Free()
			next, err := infer.Successor(prev, client, tt.target)
			if err != nil {
				t.Fatal(err)
			}
			defer next.Free()
			want := &pb.ModelInferRequest{Id: "ours", Parameters: map[string]*pb.InferParameter{"priority": intParameter(5)}}
			for i, name := range tt.want {
				if name == "" {
					continue
				}
				in := input(name)
				if i == 0 {
					in.Parameters = map[string]*pb.InferParameter{"kept": intParameter(3)}
				}
				want.Inputs = append(want.Inputs, in)
				want.RawInputContents = append(want.RawInputContents, previous.RawOutputContents[i])
			}
			same(t, next, want)
			if err := next.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSuccessorRefusesWhatCannotBeMatched(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	prev := response(t, pool, &pb.ModelInferResponse{Outputs: []*pb.ModelInferResponse_InferOutputTensor{output("a", nil)}, RawOutputContents: [][]byte{{1, 2}}})
	defer prev.Free()
	client := request(t, pool, &pb.ModelInferRequest{})
	defer client.Free()
	_, err := infer.Successor(prev, client, takes("x", "y"))
	const want = `the previous step gives [a], but model "next" takes [x, y]; their names differ and so do their counts, so they cannot be matched`
	if infer.CodeOf(err) != codes.FailedPrecondition || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// Raw bytes move from field 6 to field 7; typed contents stay where they are.
func TestSuccessorSharesTheTensors(t *testing.T) {
	t.Parallel()
	data := make([]byte, 1<<20)
	resp := infer.NewResponse(infer.Head{}, []infer.TensorData{{Name: "a", DataType: infer.Uint8, Shape: infer.Shape{1 << 20}, Data: mem.SliceBuffer(data)}})
	defer resp.Free()
	node := infer.NewRequest(infer.Head{ID: "i"}, nil, nil)
	defer node.Free()
	next, err := infer.Successor(resp, node, takes("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer next.Free()
	got, err := next.Tensors()[0].Bytes()
	if err != nil || unsafe.SliceData(got) != unsafe.SliceData(data) {
		t.Errorf("the tensor was copied (%v)", err)
	}
}

func TestInheritedLeavesOutWhatIsForTheGraph(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	framed := input("x")
	framed.Parameters = map[string]*pb.InferParameter{"binary_data_size": intParameter(2)}
	client := request(t, pool, &pb.ModelInferRequest{
		Id: "i", Inputs: []*pb.ModelInferRequest_InferInputTensor{framed}, RawInputContents: [][]byte{{1, 2}},
		Outputs: []*pb.ModelInferRequest_InferRequestedOutputTensor{{Name: "o"}},
		Parameters: map[string]*pb.InferParameter{
			"kept": intParameter(1), "binary_data_size": intParameter(1), "binary_data": intParameter(1), "binary_data_output": intParameter(1),
			"shared_memory_offset": intParameter(1), "triton_enable_empty_final_response": intParameter(1),
		},
	})
	defer client.Free()
	step := infer.Inherited(client)
	defer step.Free()
	same(t, step, &pb.ModelInferRequest{
		Id: "i", Inputs: []*pb.ModelInferRequest_InferInputTensor{input("x")}, RawInputContents: [][]byte{{1, 2}},
		Parameters: map[string]*pb.InferParameter{"kept": intParameter(1)},
	})
}

func TestMergeNamesOutputsAfterTheirStep(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	typed := output("o", nil)
	typed.Contents = &pb.InferTensorContents{UintContents: []uint32{7, 8}}
	merged, err := infer.Merge(infer.Head{ModelName: "g", ID: "i"}, []infer.Member{
		{Name: "left", Response: response(t, pool, &pb.ModelInferResponse{Outputs: []*pb.ModelInferResponse_InferOutputTensor{output("o", nil)}, RawOutputContents: [][]byte{{1, 2}}})},
		{Name: "1", Err: errors.New("it broke")},
		{Name: "right", Response: response(t, pool, &pb.ModelInferResponse{Outputs: []*pb.ModelInferResponse_InferOutputTensor{typed}})},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer merged.Free()
	same(t, merged, &pb.ModelInferResponse{
		ModelName: "g", Id: "i", Parameters: map[string]*pb.InferParameter{"1.error": {ParameterChoice: &pb.InferParameter_StringParam{StringParam: "it broke"}}},
		Outputs:           []*pb.ModelInferResponse_InferOutputTensor{output("left.o", nil), output("right.o", nil)},
		RawOutputContents: [][]byte{{1, 2}, {7, 8}},
	})
}

func TestMergeFreesItsMembersWhenOneDoesNotFit(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	bad := output("o", nil)
	bad.Contents = &pb.InferTensorContents{UintContents: []uint32{256, 0}}
	_, err := infer.Merge(infer.Head{}, []infer.Member{
		{Name: "a", Response: response(t, pool, &pb.ModelInferResponse{Outputs: []*pb.ModelInferResponse_InferOutputTensor{output("o", nil)}, RawOutputContents: [][]byte{{1, 2}}})},
		{Name: "b", Response: response(t, pool, &pb.ModelInferResponse{Outputs: []*pb.ModelInferResponse_InferOutputTensor{bad}})},
	})
	if infer.CodeOf(err) != codes.Internal || err.Error() != `output "o": 256 does not fit UINT8` {
		t.Errorf("got %v", err)
	}
}

func TestSelectFiltersAndOrders(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	whole := &pb.ModelInferResponse{
		ModelName: "m", ModelVersion: "1", Id: "i", Parameters: map[string]*pb.InferParameter{"p": intParameter(1)},
		Outputs:           []*pb.ModelInferResponse_InferOutputTensor{output("a", nil), output("b", nil), output("c", nil)},
		RawOutputContents: [][]byte{{1, 1}, {2, 2}, {3, 3}},
	}
	picked, err := response(t, pool, whole).Select([]string{"c", "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer picked.Free()
	same(t, picked, &pb.ModelInferResponse{
		ModelName: "m", ModelVersion: "1", Id: "i", Parameters: whole.Parameters,
		Outputs:           []*pb.ModelInferResponse_InferOutputTensor{output("c", nil), output("a", nil)},
		RawOutputContents: [][]byte{{3, 3}, {1, 1}},
	})
	_, err = response(t, pool, whole).Select([]string{"d"})
	if infer.CodeOf(err) != codes.InvalidArgument || err.Error() != `unexpected output "d" is asked for; the model gives [a, b, c]` {
		t.Errorf("got %v", err)
	}
}

// MLServer sends empty contents beside raw data, and KServe's server refuses a request that has both.
func TestSuccessorLeavesEmptyContentsOut(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	empty := output("a", nil)
	empty.Contents = &pb.InferTensorContents{}
	prev := response(t, pool, &pb.ModelInferResponse{Outputs: []*pb.ModelInferResponse_InferOutputTensor{empty}, RawOutputContents: [][]byte{{1, 2}}})
	defer prev.Free()
	node := request(t, pool, &pb.ModelInferRequest{})
	defer node.Free()
	next, err := infer.Successor(prev, node, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Free()
	same(t, next, &pb.ModelInferRequest{Inputs: []*pb.ModelInferRequest_InferInputTensor{input("a")}, RawInputContents: [][]byte{{1, 2}}})
}

// A response must never be read as a request, nor the other way round: field 6 differs.
func TestResponseIsNotARequest(t *testing.T) {
	t.Parallel()
	wire := marshalled(t, &pb.ModelInferResponse{Outputs: []*pb.ModelInferResponse_InferOutputTensor{output("a", nil)}, RawOutputContents: [][]byte{{1, 2}}})
	resp, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Validate(); err != nil || !resp.Tensors()[0].Raw() {
		t.Errorf("as a response: %v", err)
	}
	req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		t.Fatal(err)
	}
	if err := req.Validate(); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("as a request: %v", err)
	}
}

func TestBrokenResponsesAreTheServersFault(t *testing.T) {
	t.Parallel()
	_, err := infer.ParseResponse(mem.BufferSlice{mem.SliceBuffer([]byte{0x2a, 0x7f})})
	if infer.CodeOf(err) != codes.Internal {
		t.Errorf("got %v", err)
	}
	resp := infer.NewResponse(infer.Head{}, []infer.TensorData{{Name: "a", DataType: infer.FP32, Shape: infer.Shape{2}, Data: mem.SliceBuffer{1}}})
	if err := resp.Validate(); infer.CodeOf(err) != codes.Internal {
		t.Errorf("got %v", err)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	roundTrip(t, true, false)
	roundTrip[int8](t, math.MinInt8, math.MaxInt8)
	roundTrip[int16](t, math.MinInt16, math.MaxInt16)
	roundTrip[int32](t, math.MinInt32, math.MaxInt32)
	roundTrip[int64](t, math.MinInt64, math.MaxInt64)
	roundTrip[uint8](t, 0, math.MaxUint8)
	roundTrip[uint16](t, 0, math.MaxUint16)
	roundTrip[uint32](t, 0, math.MaxUint32)
	roundTrip[uint64](t, 0, math.MaxUint64)
	roundTrip[float32](t, -0.5, float32(math.Inf(1)))
	roundTrip(t, math.SmallestNonzeroFloat64, math.MaxFloat64)
}

func roundTrip[T infer.Element](t *testing.T, values ...T) {
	t.Helper()
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{{
		Name: "x", DataType: infer.DataTypeOf[T](), Shape: infer.Shape{int64(len(values))}, Data: mem.SliceBuffer(infer.RawOf(values...)),
	}}, nil)
	got, err := infer.Values[T](&req.Tensors()[0])
	if err != nil || !cmp.Equal(got, values) {
		t.Errorf("got %v, %v, want %v", got, err, values)
	}
	if _, err := infer.Strings(&req.Tensors()[0]); infer.CodeOf(err) != codes.InvalidArgument {
		t.Errorf("%v as strings: %v", req.Tensors()[0].DataType, err)
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	want := []string{"", "dog", "\xff\x00"}
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{{Name: "x", DataType: infer.Bytes, Shape: infer.Shape{3}, Data: mem.SliceBuffer(infer.RawStrings(want...))}}, nil)
	got, err := infer.Strings(&req.Tensors()[0])
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := infer.Values[int8](&req.Tensors()[0]); err == nil || err.Error() != `input "x" is BYTES, not INT8` {
		t.Errorf("got %v", err)
	}
}

// The last value of a singular field counts, and unpacked scalars are as good as packed ones.
func TestWireFormsThatWritersMayUse(t *testing.T) {
	t.Parallel()
	contents := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), 1)
	contents = protowire.AppendBytes(protowire.AppendTag(contents, 2, protowire.BytesType), []byte{2, 3})
	entry := []byte("\x0a\x01x\x12\x04INT8\x18\x03") // shape unpacked
	half := protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), contents[:2])
	rest := protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), contents[2:])
	entry = append(append(entry, half...), rest...)
	wire := protowire.AppendBytes(protowire.AppendTag([]byte("\x0a\x03old\x0a\x03new"), 5, protowire.BytesType), entry)
	req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(wire)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := infer.Values[int8](&req.Tensors()[0]); err != nil || !cmp.Equal(got, []int8{1, 2, 3}) || req.ModelName() != "new" {
		t.Errorf("got %v, %v of model %q", got, err, req.ModelName())
	}
}
