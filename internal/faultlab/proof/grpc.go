package proof

import (
	"encoding/binary"
	"errors"
	"fmt"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// Request is c as a message of gRPC.
func (c Call) Request(model string) *pb.ModelInferRequest {
	return &pb.ModelInferRequest{
		ModelName: model, Id: c.ID,
		Inputs:           []*pb.ModelInferRequest_InferInputTensor{{Name: Payload, Datatype: "UINT8", Shape: []int64{int64(len(c.Payload))}}},
		RawInputContents: [][]byte{c.Payload},
	}
}

// CallOf is the call in a message of gRPC, whose payload may be raw or typed.
func CallOf(req *pb.ModelInferRequest) (Call, error) {
	for i, input := range req.Inputs {
		if input.Name != Payload {
			continue
		}
		if len(req.RawInputContents) > i {
			return Call{ID: req.Id, Payload: req.RawInputContents[i]}, nil
		}
		numbers := input.GetContents().GetUintContents()
		payload := make([]byte, len(numbers))
		for j, n := range numbers {
			payload[j] = byte(n)
		}
		return Call{ID: req.Id, Payload: payload}, nil
	}
	return Call{}, fmt.Errorf("input %q is missing", Payload)
}

// Response is a as a message of gRPC.
func (a *Answer) Response(model string) *pb.ModelInferResponse {
	text := append(binary.LittleEndian.AppendUint32(nil, uint32(len(a.Backend))), a.Backend...)
	return &pb.ModelInferResponse{
		ModelName: model, ModelVersion: "1", Id: a.ID,
		Outputs: []*pb.ModelInferResponse_InferOutputTensor{
			{Name: Payload, Datatype: "UINT8", Shape: []int64{int64(len(a.Payload))}},
			{Name: Sum, Datatype: "UINT64", Shape: []int64{1}},
			{Name: Backend, Datatype: "BYTES", Shape: []int64{1}},
			{Name: Execution, Datatype: "UINT64", Shape: []int64{1}},
		},
		RawOutputContents: [][]byte{
			a.Payload, binary.LittleEndian.AppendUint64(nil, a.Sum), text, binary.LittleEndian.AppendUint64(nil, a.Execution),
		},
	}
}

// AnswerOf is the answer in a message of gRPC, whose outputs must be raw, in any order, each of them once.
func AnswerOf(resp *pb.ModelInferResponse) (Answer, error) {
	if len(resp.Outputs) != len(resp.RawOutputContents) {
		return Answer{}, fmt.Errorf("%d outputs have %d raw contents", len(resp.Outputs), len(resp.RawOutputContents))
	}
	a, seen := Answer{ID: resp.Id}, tensors{}
	for i, output := range resp.Outputs {
		raw := resp.RawOutputContents[i]
		if err := seen.add(output.Name, output.Datatype, output.Shape); err != nil {
			return Answer{}, err
		}
		if err := a.set(output.Name, output.Shape, raw); err != nil {
			return Answer{}, err
		}
	}
	return a, seen.complete()
}

func (a *Answer) set(name string, shape []int64, raw []byte) error {
	switch name {
	case Padding:
	case Payload:
		if shape[0] != int64(len(raw)) {
			return fmt.Errorf("output %q of shape %v has %d bytes", name, shape, len(raw))
		}
		a.Payload = raw
	case Backend:
		if len(raw) < 4 || int(binary.LittleEndian.Uint32(raw)) != len(raw)-4 {
			return fmt.Errorf("output %q is not one text", name)
		}
		a.Backend = string(raw[4:])
	default:
		if len(raw) != 8 {
			return fmt.Errorf("output %q has %d bytes", name, len(raw))
		}
		*a.number(name) = binary.LittleEndian.Uint64(raw)
	}
	return nil
}

// number is the field of an output that is a number.
func (a *Answer) number(name string) *uint64 {
	if name == Sum {
		return &a.Sum
	}
	return &a.Execution
}

// tensors are the outputs that were seen.
type tensors map[string]bool

func (t tensors) add(name, datatype string, shape []int64) error {
	want := map[string]string{Payload: "UINT8", Padding: "UINT8", Sum: "UINT64", Backend: "BYTES", Execution: "UINT64"}[name]
	switch {
	case want == "":
		return fmt.Errorf("output %q was not expected", name)
	case want != datatype:
		return fmt.Errorf("output %q is %s, not %s", name, datatype, want)
	case t[name]:
		return fmt.Errorf("output %q is there twice", name)
	case len(shape) != 1 || want != "UINT8" && shape[0] != 1:
		return fmt.Errorf("output %q has the shape %v", name, shape)
	}
	t[name] = true
	return nil
}

func (t tensors) complete() error {
	if t[Payload] && t[Sum] && t[Backend] && t[Execution] {
		return nil
	}
	return errors.New("outputs are missing")
}
