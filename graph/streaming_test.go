package graph_test

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/graph"
	"github.com/manifold-serving/manifold/infer"
)

// streaming is a decoupled model, as Triton serves it.
type streaming struct{ describing }

var (
	_ infer.Streamer   = streaming{}
	_ infer.Configurer = streaming{}
)

func (s streaming) Infer(context.Context, *infer.Request) (*infer.Response, error) {
	return nil, &infer.Error{
		Code: codes.Unimplemented, Origin: "upstream " + s.name,
		Reason: "ModelInfer RPC doesn't support models with decoupled transaction policy",
	}
}

func (s streaming) Config(context.Context) (*inferencepb.ModelConfig, error) {
	return &inferencepb.ModelConfig{Name: s.name, ModelTransactionPolicy: &inferencepb.ModelTransactionPolicy{Decoupled: true}}, nil
}

// Stream gives each reply of the script, and an empty last one when the client asks for that.
func (s streaming) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	s.trace.add(ctx, 1, "    "+s.name+" gets "+describe(req))
	for _, part := range s.script.Streams {
		one := model{s.name, part, s.pool, s.trace}
		if err := one.think(ctx); err != nil {
			return err
		}
		if err := yield(one.reply(req)); err != nil {
			s.trace.add(ctx, 1, "    "+s.name+" is told: "+err.Error())
			return err
		}
	}
	if !req.WantsEmptyFinal() {
		return nil
	}
	return yield(infer.Reply{Response: pooledResponse(s.pool, infer.NewResponse(s.head(req), nil).Final(true))})
}

// reply is one of a stream. An error has a response beside it that says what it answers.
func (m *model) reply(req *infer.Request) infer.Reply {
	var outputs []infer.TensorData
	for name, value := range m.script.Gives {
		outputs = append(outputs, m.output(name, value, req))
	}
	reply := infer.Reply{Response: pooledResponse(m.pool, infer.NewResponse(m.head(req), outputs).Final(false))}
	if m.script.Fails != "" {
		reply.Err = infer.AsError(m.failure())
	}
	return reply
}

// streamed are the replies of a graph and when they came, one a line, and how the stream ended.
func streamed(ctx context.Context, w *world, plan *graph.Plan, req *infer.Request) string {
	var b strings.Builder
	line := func(text string) {
		b.WriteString(strings.Repeat(" ", max(0, 5-len(time.Since(w.trace.start).String()))) + time.Since(w.trace.start).String() + "  " + text + "\n")
	}
	err := plan.Stream(ctx, req, func(r infer.Reply) error {
		var words []string
		if r.Err != nil {
			words = append(words, errorText(r.Err))
		}
		if r.Response != nil {
			words = append(words, describe(r.Response))
			r.Response.Free()
		}
		line(strings.Join(words, "  "))
		return nil
	})
	if err != nil {
		line("fails: " + errorText(err))
		return b.String()
	}
	line("ends")
	return b.String()
}
