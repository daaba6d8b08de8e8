package transparency

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"strconv"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// input is one input of a JSON request, with data.
func input(name, datatype, shape, data string) string {
	return fmt.Sprintf(`{"name":%q,"datatype":%q,"shape":%s,"data":%s}`, name, datatype, shape, data)
}

// binaryInput is one input of a JSON request whose data are behind it.
func binaryInput(name, datatype, shape string, size int) string {
	return fmt.Sprintf(`{"name":%q,"datatype":%q,"shape":%s,"parameters":{"binary_data_size":%d}}`, name, datatype, shape, size)
}

// body is a JSON request; more is what stands beside its inputs.
func body(inputs, more string) []byte {
	if more != "" {
		more = "," + more
	}
	return []byte(`{"inputs":[` + inputs + `]` + more + `}`)
}

func inferPath(model string) string { return "/v2/models/" + model + "/infer" }

// infers is a JSON request to a model.
func infers(model, inputs, more string) rest {
	return rest{path: inferPath(model), body: body(inputs, more)}
}

// framedBy is a request of which the first bytes are JSON.
func framedBy(model string, head, data []byte) rest {
	return rest{path: inferPath(model), body: append(bytes.Clone(head), data...)}.with(headerLength, strconv.Itoa(len(head)))
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	return b.Bytes()
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	return b.Bytes()
}

// le is numbers as they stand in raw bytes.
func le(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		_ = binary.Write(&b, binary.LittleEndian, v) // fixed sizes, into memory
	}
	return b.Bytes()
}

// texts is elements of BYTES as they stand in raw bytes.
func texts(all ...string) []byte {
	var b []byte
	for _, s := range all {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

// tensor is one input of a gRPC request.
func tensor(name, datatype string, shape ...int64) *pb.ModelInferRequest_InferInputTensor {
	return &pb.ModelInferRequest_InferInputTensor{Name: name, Datatype: datatype, Shape: shape}
}

func typed(name, datatype string, contents *pb.InferTensorContents, shape ...int64) *pb.ModelInferRequest_InferInputTensor {
	t := tensor(name, datatype, shape...)
	t.Contents = contents
	return t
}

type inputs = []*pb.ModelInferRequest_InferInputTensor

// request is a gRPC request with raw contents, if any.
func request(model string, in inputs, raw ...[]byte) *pb.ModelInferRequest {
	return &pb.ModelInferRequest{ModelName: model, Inputs: in, RawInputContents: raw}
}

func infersRPC(r *pb.ModelInferRequest) rpc {
	return rpc{method: "ModelInfer", request: r, reply: &pb.ModelInferResponse{}}
}

func boolean(v bool) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_BoolParam{BoolParam: v}}
}

func integer(v int64) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_Int64Param{Int64Param: v}}
}

func unsigned(v uint64) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_Uint64Param{Uint64Param: v}}
}

func double(v float64) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_DoubleParam{DoubleParam: v}}
}

func word(v string) *pb.InferParameter {
	return &pb.InferParameter{ParameterChoice: &pb.InferParameter_StringParam{StringParam: v}}
}

type parameters = map[string]*pb.InferParameter

type requested = pb.ModelInferRequest_InferRequestedOutputTensor
