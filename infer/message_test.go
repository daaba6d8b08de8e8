package infer_test

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest"
)

// buffered lays wire out in buffers of a drawn size.
func buffered(t *rapid.T, pool *oiptest.Pool, wire []byte) mem.BufferSlice {
	return pool.Split(wire, rapid.SampledFrom([]int{1, 3, 16, 1 << 20}).Draw(t, "buffer"))
}

func TestViewsAgreeWithTheReferenceDecoder(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	rapid.Check(t, func(t *rapid.T) {
		all := samples(t)
		want := drawRequest(t, all)
		wire := shuffled(t, want)
		req, err := infer.ParseRequest(buffered(t, pool, wire))
		if err != nil {
			t.Fatal(err)
		}
		defer req.Free()
		if err := req.Validate(); err != nil {
			t.Fatal(err)
		}
		if req.ModelName() != want.ModelName || req.ModelVersion() != want.ModelVersion || req.ID() != want.Id || req.Size() != len(wire) {
			t.Fatalf("head: %q %q %q %d", req.ModelName(), req.ModelVersion(), req.ID(), req.Size())
		}
		sameParameters(t, want.Parameters, req.Parameters)
		for i, tensor := range req.Tensors() {
			sameTensor(t, tensor, all[i])
			sameParameters(t, want.Inputs[i].Parameters, tensor.Parameters)
		}
		outputs, err := req.Outputs()
		if err != nil || len(outputs) != len(want.Outputs) {
			t.Fatalf("outputs: %v, %v", outputs, err)
		}
		for i, o := range outputs {
			if o.Name != want.Outputs[i].Name || len(o.Parameters) != len(want.Outputs[i].Parameters) {
				t.Fatalf("output %d: %v", i, o)
			}
		}
		sent := req.Marshal()
		defer sent.Free()
		if !bytes.Equal(sent.Materialize(), wire) {
			t.Fatal("the bytes changed on their way")
		}
	})
}

func sameTensor(t *rapid.T, got infer.Tensor, want sample) {
	data, err := got.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	appended, err := got.AppendTo([]byte("x"))
	if err != nil || string(appended) != "x"+string(data) {
		t.Fatalf("AppendTo: %q, %v", appended, err)
	}
	if got.Name != want.name || got.DataType != want.datatype || !slices.Equal(got.Shape, want.shape) || !bytes.Equal(data, want.raw) {
		t.Fatalf("got %v %v %v % x, want %+v", got.Name, got.DataType, got.Shape, data, want)
	}
}

func sameParameters(t *rapid.T, want map[string]*pb.InferParameter, read func() (infer.Parameters, error)) {
	got, err := read()
	if err != nil || len(got) != len(want) {
		t.Fatalf("parameters: %v, %v", got, err)
	}
	for key, p := range want {
		var value any
		switch p := p.ParameterChoice.(type) {
		case *pb.InferParameter_BoolParam:
			value = p.BoolParam
		case *pb.InferParameter_Int64Param:
			value = p.Int64Param
		case *pb.InferParameter_StringParam:
			value = p.StringParam
		case *pb.InferParameter_DoubleParam:
			value = p.DoubleParam
		case *pb.InferParameter_Uint64Param:
			value = p.Uint64Param
		}
		if v, ok := got.Lookup(key); !ok || v != value {
			t.Fatalf("parameter %q is %v, want %v", key, v, value)
		}
	}
}

func TestEditChangesNothingElse(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	rapid.Check(t, func(t *rapid.T) {
		want := drawRequest(t, samples(t))
		req, err := infer.ParseRequest(buffered(t, pool, shuffled(t, want)))
		if err != nil {
			t.Fatal(err)
		}
		before := decoded(t, req.Marshal(), &pb.ModelInferRequest{})
		edited := req.Edit(infer.Edit{
			ModelName: new("other"), ModelVersion: new(""), DropOutputs: true, DropParameter: infer.FramesTransfer,
			AddParameters: infer.Parameters{{Key: "added", Value: int64(-1)}},
		})
		req.Free() // the edited one holds its own references
		defer edited.Free()
		before.ModelName, before.ModelVersion, before.Outputs = "other", "", nil
		if before.Parameters == nil {
			before.Parameters = map[string]*pb.InferParameter{}
		}
		delete(before.Parameters, "binary_data_size")
		for _, in := range before.Inputs {
			delete(in.Parameters, "binary_data_size")
		}
		before.Parameters["added"] = &pb.InferParameter{ParameterChoice: &pb.InferParameter_Int64Param{Int64Param: -1}}
		after := decoded(t, edited.Marshal(), &pb.ModelInferRequest{})
		if !proto.Equal(before, after) { // for which NaN equals NaN
			t.Fatal(cmp.Diff(before, after, protocmp.Transform()))
		}
		if edited.ModelName() != "other" || edited.ID() != want.Id {
			t.Fatalf("the edited view says %q, %q", edited.ModelName(), edited.ID())
		}
	})
}

func decoded[M proto.Message](t *rapid.T, wire mem.BufferSlice, into M) M {
	defer wire.Free()
	if err := proto.Unmarshal(wire.Materialize(), into); err != nil {
		t.Fatal(err)
	}
	return into
}

func TestP02RawFormKeepsEveryElement(t *testing.T) {
	t.Parallel()
	pool := oiptest.NewPool(t)
	rapid.Check(t, func(t *rapid.T) {
		all := samples(t)
		resp, err := infer.ParseResponse(buffered(t, pool, shuffled(t, drawResponse(t, all))))
		if err != nil {
			t.Fatal(err)
		}
		resp, err = resp.InRawForm()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Free()
		got := decoded(t, resp.Marshal(), &pb.ModelInferResponse{})
		if got.Id != "7" || len(got.RawOutputContents) != len(all) {
			t.Fatalf("id %q, %d raw entries for %d outputs", got.Id, len(got.RawOutputContents), len(all))
		}
		for i, raw := range got.RawOutputContents {
			if !bytes.Equal(raw, all[i].raw) {
				t.Fatalf("output %d: % x, want % x", i, raw, all[i].raw)
			}
		}
	})
}

func TestBuiltMessagesDecode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := samples(t)
		var inputs []infer.TensorData
		for _, s := range all {
			inputs = append(inputs, infer.TensorData{Name: s.name, DataType: s.datatype, Shape: s.shape, Data: mem.SliceBuffer(s.raw)})
		}
		head := infer.Head{ModelName: "m", ModelVersion: "1", ID: "i", Parameters: infer.Parameters{{Key: "k", Value: "v"}}}
		req := infer.NewRequest(head, inputs, []infer.RequestedOutput{{Name: "o", Parameters: infer.Parameters{{Key: "b", Value: true}}}})
		defer req.Free()
		got := decoded(t, req.Marshal(), &pb.ModelInferRequest{})
		if got.ModelName != "m" || got.ModelVersion != "1" || got.Id != "i" || got.Parameters["k"].GetStringParam() != "v" ||
			got.Outputs[0].Name != "o" || !got.Outputs[0].Parameters["b"].GetBoolParam() {
			t.Fatalf("got %v", got)
		}
		for i, tensor := range req.Tensors() {
			sameTensor(t, tensor, all[i])
		}
		if err := req.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTruncatedMessagesAreRefusedOrWhole(t *testing.T) {
	t.Parallel()
	wire, err := proto.Marshal(&pb.ModelInferRequest{
		ModelName: "m", Id: "i", Parameters: map[string]*pb.InferParameter{"k": {ParameterChoice: &pb.InferParameter_DoubleParam{DoubleParam: 1}}},
		Inputs: []*pb.ModelInferRequest_InferInputTensor{
			{Name: "a", Datatype: "INT32", Shape: []int64{2}, Contents: &pb.InferTensorContents{IntContents: []int32{1, -2}}},
			{Name: "b", Datatype: "BYTES", Shape: []int64{1}, Contents: &pb.InferTensorContents{BytesContents: [][]byte{[]byte("text")}}},
		},
		Outputs: []*pb.ModelInferRequest_InferRequestedOutputTensor{{Name: "o"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	pool := oiptest.NewPool(t)
	for n := range wire {
		req, err := infer.ParseRequest(pool.Split(wire[:n], 5))
		reference := proto.Unmarshal(wire[:n], &pb.ModelInferRequest{})
		if err == nil {
			err = req.Validate()
			req.Free()
		}
		if reference != nil && infer.CodeOf(err) != codes.InvalidArgument {
			t.Errorf("cut at %d: %v, the reference decoder says %v", n, err, reference)
		}
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	input := func(name, datatype string, shape []int64, c *pb.InferTensorContents) *pb.ModelInferRequest {
		return &pb.ModelInferRequest{Inputs: []*pb.ModelInferRequest_InferInputTensor{{Name: name, Datatype: datatype, Shape: shape, Contents: c}}}
	}
	raw := func(req *pb.ModelInferRequest, raw ...string) *pb.ModelInferRequest {
		for _, r := range raw {
			req.RawInputContents = append(req.RawInputContents, []byte(r))
		}
		return req
	}
	for _, tt := range []struct {
		name string
		req  *pb.ModelInferRequest
		want string
	}{
		{"count of raw entries", raw(input("x", "INT8", []int64{1}, nil), "a", "b"), `the message has 2 raw_input_contents for 1 inputs; send one entry for each, in the same order`},
		{"both forms", raw(input("x", "INT8", []int64{1}, &pb.InferTensorContents{IntContents: []int32{1}}), "a"), `input "x" has typed contents in a message with raw_input_contents; send all tensors in one form`},
		{"no data", input("x", "INT8", []int64{1}, nil), `input "x" has no data: send raw_input_contents or contents`},
		{"no name", raw(input("", "INT8", []int64{1}, nil), "a"), `an input has no name`},
		{"unknown datatype", raw(input("x", "int8", []int64{1}, nil), "a"), `input "x": datatype "int8" is not one of [BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES]`},
		{"negative dimension", raw(input("x", "INT8", []int64{-2, 0}, nil), ""), `input "x": shape [-2,0] is negative or too large; its dimensions multiply to the number of elements`},
		{"product wraps to 0", raw(input("x", "INT8", []int64{1 << 62, 4}, nil), ""), `input "x": shape [4611686018427387904,4] is negative or too large; its dimensions multiply to the number of elements`},
		{"product wraps beside a zero", raw(input("x", "INT8", []int64{1 << 62, 4, 0}, nil), ""), `input "x": shape [4611686018427387904,4,0] is negative or too large; its dimensions multiply to the number of elements`},
		{"far larger than the data", raw(input("x", "FP32", []int64{1 << 40, 1}, nil), "12345678"), `input "x": 8 bytes of raw data for shape [1099511627776,1], whose 1099511627776 elements of FP32 take 4 bytes each`},
		{"element cut", raw(input("x", "FP32", []int64{1}, nil), "123"), `input "x": 3 bytes of raw data for shape [1], whose 1 elements of FP32 take 4 bytes each`},
		{"bytes longer than the data", raw(input("x", "BYTES", []int64{1}, nil), "\x05\x00\x00\x00abc"), `input "x": raw BYTES data break off or do not end at element 0, shape [1] calls for 1; each is a 4-byte little-endian length and that many bytes`},
		{"bytes prefix cut", raw(input("x", "BYTES", []int64{2}, nil), "\x01\x00\x00\x00a\x00\x00"), `input "x": raw BYTES data break off or do not end at element 1, shape [2] calls for 2; each is a 4-byte little-endian length and that many bytes`},
		{"too many bytes elements", raw(input("x", "BYTES", []int64{1}, nil), "\x00\x00\x00\x00\x00\x00\x00\x00"), `input "x": raw BYTES data break off or do not end at element 1, shape [1] calls for 1; each is a 4-byte little-endian length and that many bytes`},
		{"typed FP16", input("x", "FP16", []int64{1}, &pb.InferTensorContents{BytesContents: [][]byte{{0, 0}}}), `input "x": FP16 has no typed contents; send raw_input_contents`},
		{"wrong typed field", input("x", "FP32", []int64{1}, &pb.InferTensorContents{Fp64Contents: []float64{1}}), `input "x": contents field 7 does not carry FP32`},
		{"typed value out of range", input("x", "INT8", []int64{1}, &pb.InferTensorContents{IntContents: []int32{300}}), `input "x": 300 does not fit INT8`},
		{"typed unsigned out of range", input("x", "UINT16", []int64{1}, &pb.InferTensorContents{UintContents: []uint32{65536}}), `input "x": 65536 does not fit UINT16`},
		{"too few typed", input("x", "INT8", []int64{3}, &pb.InferTensorContents{IntContents: []int32{1}}), `input "x": contents have 1 elements, shape [3] calls for 3`},
		{"too many typed", input("x", "INT8", []int64{1}, &pb.InferTensorContents{IntContents: []int32{1, 2}}), `input "x": contents have more elements than shape [1], which calls for 1`},
		{"output without a name", &pb.ModelInferRequest{Outputs: []*pb.ModelInferRequest_InferRequestedOutputTensor{{Name: "o"}, {}}}, `requested output 1 has no name`},
		{"output twice", &pb.ModelInferRequest{Outputs: []*pb.ModelInferRequest_InferRequestedOutputTensor{{Name: "o"}, {Name: "o"}}}, `output "o" already exists in request; ask for each output once`},
		{"input twice", raw(&pb.ModelInferRequest{Inputs: []*pb.ModelInferRequest_InferInputTensor{
			{Name: "x", Datatype: "INT8", Shape: []int64{1}}, {Name: "x", Datatype: "INT8", Shape: []int64{1}},
		}}, "a", "b"), `input "x" is sent twice`},
		{"rank", raw(input("x", "INT8", make([]int64, infer.MaxRank+1), nil), ""), `the message does not decode: input "x": its shape has more than 32 dimensions`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wire, err := proto.Marshal(tt.req)
			if err != nil {
				t.Fatal(err)
			}
			req, err := infer.ParseRequest(oiptest.NewPool(t).Split(wire, 7))
			if err == nil {
				err = req.Validate()
				req.Free()
			}
			if infer.CodeOf(err) != codes.InvalidArgument || err.Error() != tt.want {
				t.Errorf("got  %v: %v\nwant %v", infer.CodeOf(err), err, tt.want)
			}
		})
	}
}

// A legal 4 MiB of tiny entries costs 90 times that with generated types.
func TestHostileMessagesCostLittle(t *testing.T) {
	for name, entry := range map[string][]byte{
		"inputs":          {0x2a, 0x00},
		"typed inputs":    {0x2a, 0x02, 0x2a, 0x00},
		"raw":             {0x3a, 0x00},
		"outputs":         {0x32, 0x00},
		"parameters":      {0x22, 0x00},
		"unknown":         protowire.AppendVarint(protowire.AppendTag(nil, 1000, protowire.VarintType), 1),
		"one deep tensor": nil,
	} {
		body := bytes.Repeat(entry, 4<<20/max(1, len(entry)))
		if entry == nil {
			tiny := bytes.Repeat([]byte{0x22, 0x00}, 1<<20) // parameters of one input
			body = protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), append([]byte("\x0a\x01x\x12\x04INT8\x1a\x01\x00"), tiny...))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		req, err := infer.ParseRequest(mem.BufferSlice{mem.SliceBuffer(body)})
		if err == nil {
			err = req.Validate()
		}
		runtime.ReadMemStats(&after)
		if infer.CodeOf(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("%s: %d bytes were allocated for a body of %d", name, got, len(body))
		}
	}
}

func TestEditSharesTheTensors(t *testing.T) {
	body := make([]byte, 4<<20)
	req := infer.NewRequest(infer.Head{ModelName: "m"}, []infer.TensorData{
		{Name: "x", DataType: infer.Uint8, Shape: infer.Shape{4 << 20}, Data: mem.SliceBuffer(body)},
	}, nil)
	defer req.Free()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		req.Edit(infer.Edit{ModelName: new("other")}).Free()
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / 100; got > 4096 {
		t.Errorf("an edit of a 4 MiB request allocates %d bytes", got)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(nil), uint8(1))
	f.Add([]byte("\x0a\x01m\x2a\x0b\x0a\x01x\x12\x04INT8\x1a\x01\x01\x3a\x01a"), uint8(3))
	f.Fuzz(func(t *testing.T, wire []byte, size uint8) {
		pool := oiptest.NewPool(t)
		req, err := infer.ParseRequest(pool.Split(wire, int(size)+1))
		if err != nil {
			if !strings.Contains(err.Error(), "message") {
				t.Fatalf("the error does not say what is wrong: %v", err)
			}
			return
		}
		defer req.Free()
		if err := req.Validate(); err != nil {
			return
		}
		reference := &pb.ModelInferRequest{}
		if err := proto.Unmarshal(wire, reference); err != nil {
			t.Fatalf("accepted what the reference decoder refuses: %v", err)
		}
		if len(reference.Inputs) != len(req.Tensors()) || reference.ModelName != req.ModelName() || reference.Id != req.ID() {
			t.Fatalf("%v differs from the reference %v", req.Tensors(), reference)
		}
	})
}
