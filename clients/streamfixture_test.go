package clients_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// gathered is a stream's answer as text: values, and what a client is told beside them.
type gathered struct {
	replies []string
	err     error
}

// gather reads a stream to its end.
func gather(ctx context.Context, m infer.Streamer, req *infer.Request) gathered {
	var g gathered
	g.err = m.Stream(ctx, req, func(r infer.Reply) error {
		g.replies = append(g.replies, told(r))
		return nil
	})
	return g
}

func told(r infer.Reply) string {
	text := ""
	if r.Err != nil {
		text = "error " + r.Err.Reason + " "
	}
	if r.Response == nil {
		return text + "alone"
	}
	defer r.Response.Free()
	text += "id " + r.Response.ID()
	if len(r.Response.Tensors()) > 0 {
		data, _ := r.Response.Tensors()[0].Bytes()
		text += " " + r.Response.Tensors()[0].Name + "=" + string(data)
	}
	p, _ := r.Response.Parameters()
	if last, said := p.Lookup(infer.FinalResponse); said {
		text += map[any]string{true: " last", false: " more"}[last]
	}
	return text
}

// answered is a response of one text.
func answered(text string, final ...bool) *pb.ModelInferResponse {
	m := &pb.ModelInferResponse{ModelName: "m", Id: "1"}
	if text != "" {
		m.Outputs = []*pb.ModelInferResponse_InferOutputTensor{{Name: "y", Datatype: "UINT8", Shape: []int64{int64(len(text))}}}
		m.RawOutputContents = [][]byte{[]byte(text)}
	}
	for _, last := range final {
		m.Parameters = map[string]*pb.InferParameter{infer.FinalResponse: {ParameterChoice: &pb.InferParameter_BoolParam{BoolParam: last}}}
	}
	return m
}

func framed(m *pb.ModelInferResponse) *pb.ModelStreamInferResponse {
	return &pb.ModelStreamInferResponse{InferResponse: m}
}

// streaming is a request that may want to be told of the end.
func streaming(tb testing.TB, final bool) *infer.Request {
	tb.Helper()
	req := infer.NewRequest(infer.Head{ModelName: "m", ID: "1", Parameters: infer.Parameters{{Key: infer.EnableEmptyFinalResponse, Value: final}}},
		[]infer.TensorData{{Name: "x", DataType: infer.Uint8, Shape: infer.Shape{1}, Data: mem.SliceBuffer{7}}}, nil)
	tb.Cleanup(req.Free)
	return req
}

// says is a server that sends those messages on every stream, and tells what it was sent.
func says(dialect string, received chan *pb.ModelInferRequest, messages ...proto.Message) *fake {
	return &fake{
		about: &pb.ServerMetadataResponse{Name: dialect},
		stream: func(request []byte, stream grpc.ServerStream) error {
			if received != nil {
				var req pb.ModelInferRequest
				if err := proto.Unmarshal(request, &req); err != nil {
					return err
				}
				received <- &req
			}
			for _, m := range messages {
				if err := send(stream, m); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
