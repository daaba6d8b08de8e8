package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// errResponses marks a generate call that the model did not answer once.
var errResponses = errors.New("other than one response")

// generation is one generate call: a request of the client's own form, the model's stream, and each of its responses in that form.
// Source: Triton, "Generate Extension"; MLServer, whose form is an inference request.
type generation struct {
	rest    *rest
	request *http.Request
	options tensorjson.Options
	body    bodyReader
	tensors bool    // in the form of an inference request
	events  *events // nil: one answer

	asked  *infer.Request
	answer []byte // of one
	count  int    // of responses
	fault  error  // the first of the model's, when it is an event
}

// generate makes the handler of generate, or of generate_stream.
func (e *rest) generate(streams bool) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		g := &generation{
			rest: e, request: r, body: e.reader(w),
			options: tensorjson.Options{ModelName: path["name"], ModelVersion: path["version"]},
		}
		if streams {
			g.events = newEvents(w)
		}
		info := &grpc.StreamServerInfo{FullMethod: inferencepb.GRPCInferenceService_ModelInfer_FullMethodName}
		g.finish(w, e.interceptors.stream(nil, restCall{r.Context()}, info, g.serve))
	}
}

// finish writes what serve has left to write.
func (g *generation) finish(w http.ResponseWriter, err error) {
	switch {
	case err != nil && errors.Is(err, g.fault): // it is an event
	case err != nil && g.events != nil && g.events.began:
		_ = g.events.send(0, errorBody(err)) // nobody is left to tell
	case err != nil:
		g.rest.fail(w, err)
	case g.events != nil:
		g.events.begin(http.StatusOK)
		g.events.flush()
	default:
		writeJSON(w, http.StatusOK, g.answer)
	}
}

// serve is the handler of the call, within the interceptors.
func (g *generation) serve(_ any, stream grpc.ServerStream) error {
	ctx := stream.Context()
	share := charge{budget: g.rest.inference.budget}
	if err := share.grow(min(int64(unreadBytes), share.budget.limit)); err != nil {
		return err
	}
	defer share.release()
	model, err := g.rest.inference.find(ctx, g.options.ModelName, g.options.ModelVersion)
	if err != nil {
		return err
	}
	if g.asked, err = g.receive(ctx, model); err != nil {
		return err
	}
	defer g.asked.Free()
	if err := share.grow(int64(g.asked.Size())); err != nil {
		return err
	}
	callOf(ctx).received = g.asked.Size()
	if err := g.rest.inference.checkRequest(ctx, g.asked); err != nil {
		return err
	}
	if err := model.Stream(ctx, g.asked, func(reply infer.Reply) error { return g.take(ctx, reply) }); err != nil {
		return err
	}
	if g.events == nil && g.count != 1 {
		return g.responses()
	}
	return g.fault
}

// receive reads the request, which shares nothing with the body.
func (g *generation) receive(ctx context.Context, model infer.Model) (*infer.Request, error) {
	m, err := model.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	if coding := g.request.Header.Get("Content-Encoding"); coding != "" && coding != identity {
		return nil, infer.Errorf(codes.InvalidArgument, "Content-Encoding %s is not read for generate, by Triton neither; send the body as it is", clip(coding, maxName))
	}
	g.body.source, g.body.length = g.request.Body, g.request.ContentLength
	body, err := g.body.read()
	if err != nil {
		return nil, err
	}
	defer body.free()
	if g.tensors = tensorjson.DescribesTensors(body.bytes(), m.Inputs); g.tensors {
		return tensorjson.DecodeRequest(body.bytes(), g.options)
	}
	return tensorjson.DecodeGenerate(body.bytes(), m.Inputs, g.options)
}

// take takes one message of the model's stream, whose response it owns.
func (g *generation) take(ctx context.Context, reply infer.Reply) error {
	if reply.Err != nil {
		return g.failed(reply)
	}
	last := reply.Response.IsFinal()
	resp := address(reply.Response, g.asked).Edit(infer.Edit{DropParameter: func(key string) bool { return key == infer.FinalResponse }})
	defer resp.Free()
	if last && len(resp.Tensors()) == 0 {
		return nil // only that there is no more
	}
	if g.count++; g.count > 1 && g.events == nil {
		return g.responses()
	}
	text, err := g.encode(resp)
	if err != nil {
		return err
	}
	callOf(ctx).sent += len(text)
	if g.events != nil {
		return g.events.send(http.StatusOK, text)
	}
	g.answer = text
	return nil
}

func (g *generation) encode(resp *infer.Response) ([]byte, error) {
	if g.tensors {
		return tensorjson.AppendResponse(nil, resp, g.options)
	}
	return tensorjson.AppendGenerated(nil, resp, g.options)
}

// failed takes an error of the model. What was refused before it came to the model has no model's name, and is an answer like those of
// other calls; the model's own are events.
func (g *generation) failed(reply infer.Reply) error {
	refused := true
	if reply.Response != nil {
		refused = reply.Response.ModelName() == ""
		reply.Response.Free()
	}
	err := error(reply.Err)
	switch {
	case refused && reply.Err.Code == codes.Internal: // streams tell no codes
		err = &infer.Error{Code: codes.InvalidArgument, Origin: reply.Err.Origin, Reason: reply.Err.Reason, Cause: reply.Err}
	case g.rest.strict:
		err = &httpError{http.StatusBadRequest, reply.Err}
	}
	err = shown(err)
	if g.events == nil || refused && !g.events.began {
		return err
	}
	if g.fault == nil {
		g.fault = err
	}
	retryAfter(g.events.w.Header(), statusOf(err), err)
	return g.events.send(statusOf(err), errorBody(err))
}

// responses is the error of an answer that is not one response.
func (*generation) responses() error {
	return &infer.Error{
		Code:   codes.InvalidArgument,
		Reason: "generate expects model to produce exactly 1 response, use generate stream for model that generates various number of responses",
		Cause:  errResponses,
	}
}
