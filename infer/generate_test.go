package infer_test

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// sample is a tensor in every form a message can carry it.
type sample struct {
	name     string
	datatype infer.DataType
	shape    []int64
	contents *pb.InferTensorContents // nil where the datatype is raw only
	raw      []byte
}

func samples(t *rapid.T) []sample {
	all := make([]sample, rapid.IntRange(0, 4).Draw(t, "tensors"))
	for i := range all {
		all[i] = drawSample(t, string(rune('a'+i)))
	}
	return all
}

func drawSample(t *rapid.T, name string) sample {
	s := sample{name: name, datatype: rapid.SampledFrom(infer.DataTypes()).Draw(t, "datatype")}
	s.shape = rapid.SliceOfN(rapid.Int64Range(0, 3), 0, 3).Draw(t, "shape")
	n, _ := infer.Shape(s.shape).Elements()
	s.fill(t, n)
	return s
}

// fill draws n elements, and lays them down typed and raw in the plainest way.
func (s *sample) fill(t *rapid.T, n int) {
	c := &pb.InferTensorContents{}
	for range n {
		bits := rapid.Uint64().Draw(t, "bits")
		switch s.datatype {
		case infer.Bool:
			c.BoolContents = append(c.BoolContents, bits&1 == 1)
			s.raw = append(s.raw, byte(bits&1))
		case infer.Int8:
			c.IntContents = append(c.IntContents, int32(int8(bits)))
			s.raw = append(s.raw, byte(bits))
		case infer.Int16:
			c.IntContents = append(c.IntContents, int32(int16(bits)))
			s.raw = binary.LittleEndian.AppendUint16(s.raw, uint16(bits))
		case infer.Int32:
			c.IntContents = append(c.IntContents, int32(bits))
			s.raw = binary.LittleEndian.AppendUint32(s.raw, uint32(bits))
		case infer.Int64:
			c.Int64Contents = append(c.Int64Contents, int64(bits))
			s.raw = binary.LittleEndian.AppendUint64(s.raw, bits)
		case infer.Uint8:
			c.UintContents = append(c.UintContents, uint32(uint8(bits)))
			s.raw = append(s.raw, byte(bits))
		case infer.Uint16:
			c.UintContents = append(c.UintContents, uint32(uint16(bits)))
			s.raw = binary.LittleEndian.AppendUint16(s.raw, uint16(bits))
		case infer.Uint32:
			c.UintContents = append(c.UintContents, uint32(bits))
			s.raw = binary.LittleEndian.AppendUint32(s.raw, uint32(bits))
		case infer.Uint64:
			c.Uint64Contents = append(c.Uint64Contents, bits)
			s.raw = binary.LittleEndian.AppendUint64(s.raw, bits)
		case infer.FP16, infer.BF16:
			s.raw = binary.LittleEndian.AppendUint16(s.raw, uint16(bits))
		case infer.FP32:
			f := math.Float32frombits(uint32(bits))
			c.Fp32Contents = append(c.Fp32Contents, f)
			s.raw = binary.LittleEndian.AppendUint32(s.raw, math.Float32bits(f))
		case infer.FP64:
			f := math.Float64frombits(bits)
			c.Fp64Contents = append(c.Fp64Contents, f)
			s.raw = binary.LittleEndian.AppendUint64(s.raw, math.Float64bits(f))
		case infer.Bytes:
			text := rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "text")
			c.BytesContents = append(c.BytesContents, text)
			s.raw = binary.LittleEndian.AppendUint32(s.raw, uint32(len(text)))
			s.raw = append(s.raw, text...)
		}
	}
	if s.datatype.Typed() {
		s.contents = c
	}
}

// allTyped reports whether every sample can travel in typed contents and has some.
func allTyped(all []sample) bool {
	for _, s := range all {
		if s.contents == nil || len(s.raw) == 0 {
			return false
		}
	}
	return len(all) > 0
}

func drawParameters(t *rapid.T) map[string]*pb.InferParameter {
	p := map[string]*pb.InferParameter{}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "priority", "binary_data_size", "é", ""}), 0, 3, rapid.ID[string]).Draw(t, "keys") {
		p[key] = rapid.SampledFrom([]*pb.InferParameter{
			{ParameterChoice: &pb.InferParameter_BoolParam{BoolParam: true}},
			{ParameterChoice: &pb.InferParameter_Int64Param{Int64Param: math.MinInt64}},
			{ParameterChoice: &pb.InferParameter_StringParam{StringParam: "ü"}},
			{ParameterChoice: &pb.InferParameter_DoubleParam{DoubleParam: -0.5}},
			{ParameterChoice: &pb.InferParameter_Uint64Param{Uint64Param: math.MaxUint64}},
		}).Draw(t, "parameter")
	}
	return p
}

func drawRequest(t *rapid.T, all []sample) *pb.ModelInferRequest {
	typed := allTyped(all) && rapid.Bool().Draw(t, "typed")
	req := &pb.ModelInferRequest{
		ModelName:    rapid.SampledFrom([]string{"", "resnet", "größe"}).Draw(t, "model"),
		ModelVersion: rapid.SampledFrom([]string{"", "3"}).Draw(t, "version"),
		Id:           rapid.SampledFrom([]string{"", "42"}).Draw(t, "id"),
		Parameters:   drawParameters(t),
	}
	for _, s := range all {
		in := &pb.ModelInferRequest_InferInputTensor{Name: s.name, Datatype: string(s.datatype), Shape: s.shape, Parameters: drawParameters(t)}
		if typed {
			in.Contents = s.contents
		} else {
			if rapid.Bool().Draw(t, "empty contents") {
				in.Contents = &pb.InferTensorContents{}
			}
			req.RawInputContents = append(req.RawInputContents, append([]byte{}, s.raw...))
		}
		req.Inputs = append(req.Inputs, in)
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y"}), 0, 2, rapid.ID[string]).Draw(t, "outputs") {
		req.Outputs = append(req.Outputs, &pb.ModelInferRequest_InferRequestedOutputTensor{Name: name, Parameters: drawParameters(t)})
	}
	return req
}

func drawResponse(t *rapid.T, all []sample) *pb.ModelInferResponse {
	typed := allTyped(all) && rapid.Bool().Draw(t, "typed")
	resp := &pb.ModelInferResponse{ModelName: "m", Id: "7", Parameters: drawParameters(t)}
	for _, s := range all {
		out := &pb.ModelInferResponse_InferOutputTensor{Name: s.name, Datatype: string(s.datatype), Shape: s.shape, Parameters: drawParameters(t)}
		// A server that mirrors the request's form may still send one tensor typed and another raw.
		if s.contents != nil && len(s.raw) > 0 && (typed || rapid.Bool().Draw(t, "mirrored")) {
			out.Contents = s.contents
		} else {
			resp.RawOutputContents = append(resp.RawOutputContents, append([]byte{}, s.raw...))
		}
		resp.Outputs = append(resp.Outputs, out)
	}
	return resp
}

// shuffled is m on the wire with its fields in any order that keeps the order within each field, and with unknown fields.
func shuffled(t *rapid.T, m proto.Message) []byte {
	wire, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[protowire.Number][][]byte{}
	var order []protowire.Number
	for len(wire) > 0 {
		number, _, n := protowire.ConsumeField(wire)
		fields[number] = append(fields[number], wire[:n])
		order = append(order, number)
		wire = wire[n:]
	}
	if rapid.Bool().Draw(t, "unknown") {
		unknown := protowire.AppendTag(nil, 900, protowire.BytesType)
		fields[900] = [][]byte{protowire.AppendBytes(unknown, []byte("later"))}
		unknown = protowire.AppendTag(nil, 901, protowire.Fixed32Type)
		fields[901] = [][]byte{protowire.AppendFixed32(unknown, 7)}
		order = append(order, 900, 901)
	}
	var out []byte
	for _, number := range rapid.Permutation(order).Draw(t, "order") {
		out = append(out, fields[number][0]...)
		fields[number] = fields[number][1:]
	}
	return out
}
