package server_test

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
)

// llm repeats its PROMPT as TEXT, and does what the parameters of the request say.
type llm struct {
	model

	began chan struct{} // nil, or told when a stream begins
	ended chan error    // nil, or told why it was cancelled; then it waits for that
}

func (*llm) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{
		Name: "inner",
		Inputs: []infer.TensorMetadata{
			{Name: "PROMPT", DataType: infer.Bytes, Shape: infer.Shape{-1, 1}},
			{Name: "REPETITION", DataType: infer.Int32, Shape: infer.Shape{1}},
		},
		Outputs: []infer.TensorMetadata{{Name: "TEXT", DataType: infer.Bytes, Shape: infer.Shape{-1, 1}}},
	}, nil
}

func (l *llm) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	if l.began != nil {
		l.began <- struct{}{}
	}
	p, err := req.Parameters()
	if err != nil {
		return err
	}
	head := infer.Head{ModelName: "inner", ModelVersion: "1", ID: "of-the-model", Parameters: infer.Parameters{{Key: infer.FinalResponse, Value: false}}}
	repeat, _ := p.Lookup("times")
	times, ok := repeat.(int64)
	if !ok {
		times = 1
	}
	for range times {
		if err := yield(infer.Reply{Response: infer.NewResponse(head, texts(req))}); err != nil {
			return err
		}
	}
	if l.ended != nil {
		<-ctx.Done()
		l.ended <- ctx.Err()
		return ctx.Err()
	}
	switch how, _ := p.Lookup("fail"); how {
	case "model": // of its own
		err = yield(infer.Reply{Err: infer.Errorf(codes.Internal, "an error occurred\n"), Response: infer.NewResponse(head, nil)})
	case "refused": // before it
		err = yield(infer.Reply{Err: infer.Errorf(codes.Internal, "expected 2 inputs but got 1"), Response: infer.NewResponse(infer.Head{ID: "x"}, nil)})
	case "broken":
		return infer.Errorf(codes.Unavailable, "the connection broke")
	default:
		head.Parameters[0].Value = true
		err = yield(infer.Reply{Response: infer.NewResponse(head, nil)})
	}
	return err
}

// texts are the request's PROMPT as TEXT.
func texts(req *infer.Request) []infer.TensorData {
	var all []infer.TensorData
	for i := range req.Tensors() {
		if t := &req.Tensors()[i]; t.Name == "PROMPT" {
			data, err := t.AppendTo(nil)
			if err != nil {
				panic(err)
			}
			all = append(all, infer.TensorData{Name: "TEXT", DataType: t.DataType, Shape: t.Shape, Data: mem.SliceBuffer(data)})
		}
	}
	return all
}

func llms() *catalog { return &catalog{models: map[string]infer.Model{"llm": &llm{}}} }

// endless answers for as long as it is listened to.
type endless struct {
	llm

	responses int
}

func (m *endless) Stream(_ context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	for {
		m.responses++
		if err := yield(infer.Reply{Response: infer.NewResponse(infer.Head{}, texts(req))}); err != nil {
			return err
		}
	}
}

// ordinary echoes x, and answers once.
type ordinary struct{ model }

func (*ordinary) Metadata(context.Context) (*infer.Metadata, error) {
	return &infer.Metadata{Inputs: []infer.TensorMetadata{{Name: "x", DataType: infer.FP64, Shape: infer.Shape{-1}}}}, nil
}
