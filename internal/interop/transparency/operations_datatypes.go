package transparency

import (
	"fmt"
	"slices"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// datatypes is every datatype in every form that a client can send and ask for, batched and not.
func datatypes() []Operation {
	var all []Operation
	for _, s := range samples() {
		all = append(all, s.overREST("identity", "[3]")...)
		all = append(all, s.overREST("identity_batched", "[1,3]")...)
		all = append(all, s.overGRPC("identity", 3)...)
		all = append(all, s.overGRPC("identity_batched", 3, 1)...)
	}
	return all
}

func (s sample) overREST(model, shape string) []Operation {
	var all []Operation
	output := fmt.Sprintf(`"outputs":[{"name":"OUT_%s","parameters":{"binary_data":true}}]`, s.input)
	add := func(kind string, r rest) {
		all = append(all, r.operation(fmt.Sprintf("%s/%s/%s", model, s.datatype, kind)))
	}
	json := input(s.input, s.datatype, shape, s.json)
	if s.json == "" {
		json = input(s.input, s.datatype, shape, "[1,2,3]")
	}
	add("json to json", infers(model, json, `"id":"a"`))
	add("json to binary", infers(model, json, output))
	head := body(binaryInput(s.input, s.datatype, shape, len(s.raw)), "")
	add("binary to json", framedBy(model, head, s.raw))
	add("binary to binary", framedBy(model, body(binaryInput(s.input, s.datatype, shape, len(s.raw)), `"parameters":{"binary_data_output":true}`), s.raw))
	return all
}

func (s sample) overGRPC(model string, elements int64, batch ...int64) []Operation {
	shape := slices.Concat(batch, []int64{elements})
	name := func(kind string) string { return fmt.Sprintf("%s/%s/%s", model, s.datatype, kind) }
	raw := infersRPC(request(model, inputs{tensor(s.input, s.datatype, shape...)}, s.raw))
	all := []Operation{raw.operation(name("raw"))}
	if s.contents != nil {
		all = append(all, infersRPC(request(model, inputs{typed(s.input, s.datatype, s.contents, shape...)})).operation(name("typed")))
	}
	return append(all, stream{requests: []*pb.ModelInferRequest{request(model, inputs{tensor(s.input, s.datatype, shape...)}, s.raw)}}.operation(name("raw")))
}
