package differential_test

import (
	"context"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// grpcForm asks over gRPC, in raw bytes or in typed contents.
type grpcForm struct {
	client pb.GRPCInferenceServiceClient
	typed  bool
}

func (f grpcForm) name() string {
	if f.typed {
		return "gRPC typed"
	}
	return "gRPC raw"
}

func (f grpcForm) ask(ctx context.Context, q question) (outcome, bool) {
	req := &pb.ModelInferRequest{ModelName: q.Model, ModelVersion: q.Version, Id: q.ID, Parameters: protoParameters(q.Parameters)}
	for _, in := range q.Inputs {
		if in.Missing != "" {
			return outcome{}, false
		}
		t := &pb.ModelInferRequest_InferInputTensor{Name: in.Name, Datatype: string(in.Type), Shape: in.Shape}
		if f.typed {
			contents, ok := in.contents()
			if !ok {
				return outcome{}, false
			}
			t.Contents = contents
		} else {
			req.RawInputContents = append(req.RawInputContents, in.Data)
		}
		req.Inputs = append(req.Inputs, t)
	}
	for _, o := range q.Outputs {
		output := &pb.ModelInferRequest_InferRequestedOutputTensor{Name: o.Name}
		if o.Classes != 0 {
			output.Parameters = protoParameters(infer.Parameters{{Key: "classification", Value: int64(o.Classes)}})
		}
		req.Outputs = append(req.Outputs, output)
	}
	resp, err := f.client.ModelInfer(ctx, req)
	if err != nil {
		return outcome{Status: statusOf[status.Code(err)], text: err.Error()}, true
	}
	return fromProto(resp), true
}

func fromProto(resp *pb.ModelInferResponse) outcome {
	o := outcome{Status: statusOf[codes.OK], Model: resp.GetModelName(), Version: resp.GetModelVersion(), ID: resp.GetId()}
	for i, t := range resp.GetOutputs() {
		o.Outputs = append(o.Outputs, tensor{t.GetName(), infer.DataType(t.GetDatatype()), append(infer.Shape{}, t.GetShape()...), string(resp.GetRawOutputContents()[i])})
	}
	return o
}

func protoParameters(all infer.Parameters) map[string]*pb.InferParameter {
	out := map[string]*pb.InferParameter{}
	for _, p := range all {
		value := &pb.InferParameter{}
		switch v := p.Value.(type) {
		case bool:
			value.ParameterChoice = &pb.InferParameter_BoolParam{BoolParam: v}
		case int64:
			value.ParameterChoice = &pb.InferParameter_Int64Param{Int64Param: v}
		case string:
			value.ParameterChoice = &pb.InferParameter_StringParam{StringParam: v}
		case float64:
			value.ParameterChoice = &pb.InferParameter_DoubleParam{DoubleParam: v}
		}
		out[p.Key] = value
	}
	return out
}

// contents are the typed form, and false when there is none of the data.
func (g given) contents() (*pb.InferTensorContents, bool) {
	elements, whole := g.elements()
	if !whole || !g.Type.Typed() {
		return nil, false
	}
	c := &pb.InferTensorContents{}
	for _, e := range elements {
		v := number(e)
		switch g.Type {
		case infer.Bool:
			if v > 1 {
				return nil, false
			}
			c.BoolContents = append(c.BoolContents, v == 1)
		case infer.Uint8, infer.Uint16, infer.Uint32:
			c.UintContents = append(c.UintContents, uint32(v))
		case infer.Uint64:
			c.Uint64Contents = append(c.Uint64Contents, v)
		case infer.Int8, infer.Int16, infer.Int32:
			c.IntContents = append(c.IntContents, int32(signed(e)))
		case infer.Int64:
			c.Int64Contents = append(c.Int64Contents, signed(e))
		case infer.FP32:
			c.Fp32Contents = append(c.Fp32Contents, math.Float32frombits(uint32(v)))
		case infer.FP64:
			c.Fp64Contents = append(c.Fp64Contents, math.Float64frombits(v))
		case infer.Bytes:
			c.BytesContents = append(c.BytesContents, e)
		default:
			return nil, false
		}
	}
	return c, proto.Size(c) > 0 || len(elements) == 0
}
