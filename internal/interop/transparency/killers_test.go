package transparency

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/interop"
)

// killer is a request that ends a Triton 2.51, its model, or leaves the client waiting for ever. Source: the protocol page, appendix C.
type killer struct {
	name   string
	tensor string // which the refusal names
	do     Operation
}

// killers is the first table of appendix C on every edge, without the two that are a matter of chance.
func killers() []killer {
	all := slices.Concat(hugeShapes(), crookedShapes(), classesOfTexts())
	return all
}

// hugeShapes call for more than is there: as JSON, whose reader allocates what the shape calls for.
func hugeShapes() []killer {
	var all []killer
	for _, shape := range []string{"[8589934592,1]", "[1099511627776,1]", "[268435456,1]", "[4611686018427387904,4]", "[9223372036854775807,9223372036854775807]", "[18446744073709551615,1]"} {
		r := infers("identity_fp32", input("INPUT0", "FP32", shape, "[1,2]"), "")
		binary := framedBy("identity_fp32", body(binaryInput("INPUT0", "FP32", shape, 8), ""), []byte(eight))
		texts := infers("identity_bytes", input("INPUT0", "BYTES", strings.Replace(shape, ",1]", "]", 1), `["a"]`), "")
		all = append(all,
			killer{"JSON " + shape, "INPUT0", r.operation("killer")},
			killer{"binary " + shape, "INPUT0", binary.operation("killer")},
			killer{"texts " + shape, "INPUT0", texts.operation("killer")})
	}
	return all
}

// crookedShapes wrap to 0 elements, have other dimensions than -1 below 0, or a batch of none.
func crookedShapes() []killer {
	var all []killer
	for _, c := range []struct {
		model string
		shape []int64
		raw   []byte
	}{
		{"identity_fp32", []int64{1 << 62, 4}, nil},
		{"identity_fp32", []int64{1 << 32, 1 << 32}, nil},
		{"identity_fp32", []int64{-2, 0}, nil},
		{"identity_fp32", []int64{0, -2}, nil},
		{"identity_fp32", []int64{-1 << 63, 2}, nil},
		{"identity_fp32", []int64{-2, -4}, make([]byte, 32)},
		{"vector_fp32", []int64{0, 0}, nil},
	} {
		r := request(c.model, inputs{tensor("INPUT0", "FP32", c.shape...)}, c.raw)
		r.Id = "k"
		typed := request(c.model, inputs{typed("INPUT0", "FP32", &pb.InferTensorContents{}, c.shape...)})
		name := fmt.Sprintf("%s %d", c.model, c.shape)
		all = append(all,
			killer{"raw " + name, "INPUT0", infersRPC(r).operation("killer")},
			killer{"typed " + name, "INPUT0", infersRPC(typed).operation("killer")},
			killer{"streamed " + name, "INPUT0", stream{requests: requests(r)}.operation("killer")})
		shape := strings.ReplaceAll(fmt.Sprint(c.shape), " ", ",")
		all = append(all,
			killer{"JSON " + name, "INPUT0", infers(c.model, input("INPUT0", "FP32", shape, "[]"), "").operation("killer")},
			killer{"binary " + name, "INPUT0", framedBy(c.model, body(binaryInput("INPUT0", "FP32", shape, len(c.raw)), ""), c.raw).operation("killer")})
	}
	return all
}

func classesOfTexts() []killer {
	r := request("identity_bytes", inputs{tensor("INPUT0", "BYTES", 2)}, texts("a", "b"))
	r.Outputs = []*requested{{Name: "OUTPUT0", Parameters: parameters{"classification": integer(1)}}}
	r.Id = "k"
	ask := `"outputs":[{"name":"OUTPUT0","parameters":{"classification":1}}]`
	return []killer{
		{"classes of texts, gRPC", "OUTPUT0", infersRPC(r).operation("killer")},
		{"classes of texts, streamed", "OUTPUT0", stream{requests: requests(r)}.operation("killer")},
		{"classes of texts, JSON", "OUTPUT0", infers("identity_bytes", input("INPUT0", "BYTES", "[2]", `["a","b"]`), ask).operation("killer")},
	}
}

// What would end a model server is answered by the gateway, with an error that names the tensor; the server lives and answers on.
func killersAreRefused(t *testing.T, server *interop.Server) {
	t.Helper()
	through := gateway(t, "", server)
	for _, k := range killers() {
		o := observe(t, k.do, through)
		if refusal := refusalOf(o); !strings.Contains(refusal, `"`+k.tensor+`"`) || strings.HasPrefix(refusal, "upstream ") {
			t.Errorf("%s: not refused here: %v", k.name, o)
		}
		if !server.Alive() {
			t.Fatalf("%s ended the server", k.name)
		}
		mustAnswer(t, k.name, through)
	}
}

// refusalOf is the text of an error that is the client's fault, "" for anything else.
func refusalOf(o Observation) string {
	switch {
	case o["status"] == "400", o["code"] == "InvalidArgument":
		return o["error"]
	case o["events"] == "1" && o["end.code"] == "OK":
		return o["event.0.error"]
	}
	return ""
}

// mustAnswer sees that every model that a killer went for still answers.
func mustAnswer(t *testing.T, after string, through Target) {
	t.Helper()
	for _, r := range []rpc{
		simpleRPC(),
		infersRPC(request("identity_fp32", inputs{tensor("INPUT0", "FP32", 1, 2)}, []byte(eight))),
		infersRPC(request("vector_fp32", inputs{tensor("INPUT0", "FP32", 1, 2)}, []byte(eight))),
		infersRPC(request("identity_bytes", inputs{tensor("INPUT0", "BYTES", 1)}, texts("a"))),
	} {
		if o := observe(t, r.operation("answer"), through); o["code"] != "OK" {
			t.Fatalf("after %s: %v", after, o)
		}
	}
}

// Ordinary and decoupled requests on one stream of a client, over and over.
func ordinaryBesideDecoupled(t *testing.T, server *interop.Server) {
	t.Helper()
	through := gateway(t, "", server)
	mixed := stream{byID: true}
	for i := range int8(10) {
		mixed.requests = append(mixed.requests, ordinary(fmt.Sprintf("o%d.", i), i), finally(repeating(fmt.Sprintf("r%d.", i), 1, 2, 3)))
	}
	for range 100 {
		o := observe(t, mixed.operation("mixed"), through)
		for i := range 10 {
			if o[fmt.Sprintf("eventso%d.", i)] != "1" || o[fmt.Sprintf("eventsr%d.", i)] != "4" || o["end.code"] != "OK" {
				t.Fatalf("got %v; alive: %v", o, server.Alive())
			}
		}
	}
	mustAnswer(t, "mixed streams", through)
}

// Streams that end at the first error, with errors of the model, over and over.
func streamsEndAtTheModelsError(t *testing.T, server *interop.Server) {
	t.Helper()
	through := gateway(t, "", server)
	// A Triton's streams tell no codes, and the flag that would make them tell is what kills it.
	failing := request("fail", inputs{tensor("CODE", "BYTES", 1)}, texts("UNAVAILABLE"))
	for range 500 {
		o := observe(t, stream{requests: requests(failing), metadata: grpcError("true")}.operation("failing"), through)
		if o["end.code"] != "Internal" || !strings.Contains(o["end.error"], "this is UNAVAILABLE") {
			t.Fatalf("got %v; alive: %v", o, server.Alive())
		}
	}
	mustAnswer(t, "failing streams", through)
}

// Clients that leave a stream in the middle of an answer, over and over: to reset the stream then may end a Triton.
func clientsLeaveStreams(t *testing.T, server *interop.Server) {
	t.Helper()
	through := gateway(t, "", server)
	var leaving errgroup.Group
	leaving.SetLimit(8)
	for range 1000 {
		leaving.Go(func() error { return leave(t.Context(), through) })
	}
	if err := leaving.Wait(); err != nil {
		t.Fatalf("%v; alive: %v", err, server.Alive())
	}
	mustAnswer(t, "streams that were left", through)
}

// leave reads one message of many.
func leave(ctx context.Context, target Target) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	calls, err := target.GRPC.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, service+"ModelStreamInfer")
	if err != nil {
		return err
	}
	if err := calls.SendMsg(frame(repeating("left", 1, 2, 3, 4, 5), nil)); err != nil {
		return err
	}
	var first infer.Frame
	defer func() { first.Buffers.Free() }()
	return calls.RecvMsg(&first)
}

// What a client of generate does not want to read of a model's answer is read for it: to cancel a stream that answers may end a Triton.
func generateReadsToTheEnd(t *testing.T, server *interop.Server) {
	t.Helper()
	through := gateway(t, "", server)
	three := rest{path: "/v2/models/llm/generate", body: []byte(`{"PROMPT":"hello","REPETITION":3}`)}.operation("three")
	for range 300 {
		if o := observe(t, three, through); o["status"] != "400" || !strings.Contains(o["error"], "exactly 1 response") {
			t.Fatalf("got %v; alive: %v", o, server.Alive())
		}
	}
	mustAnswer(t, "generate", through)
}
