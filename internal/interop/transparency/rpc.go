package transparency

import (
	"context"
	"encoding/hex"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/infer"
)

const service = "/inference.GRPCInferenceService/"

// rpc is a unary call.
type rpc struct {
	method   string        // the last part of its name
	request  proto.Message // or
	raw      []byte        // what goes over the wire
	reply    proto.Message // of the reply's type
	metadata []string      // key, value, …
	options  []grpc.CallOption
}

func (r rpc) operation(name string) Operation {
	return Operation{Name: "grpc/" + name, Do: r.observe}
}

func (r rpc) observe(ctx context.Context, target Target) Observation {
	ctx = metadata.AppendToOutgoingContext(ctx, r.metadata...)
	var answer infer.Frame
	err := target.GRPC.Invoke(ctx, service+r.method, frame(r.request, r.raw), &answer, r.options...)
	o := ending(err)
	if err != nil {
		return o
	}
	defer answer.Buffers.Free()
	reply := proto.Clone(r.reply)
	proto.Reset(reply)
	message(o, answer.Buffers.Materialize(), reply)
	return o
}

// frame is a message as it goes over the wire.
func frame(m proto.Message, raw []byte) *infer.Frame {
	if m != nil {
		raw, _ = proto.Marshal(m) // every text in the operations is UTF-8
	}
	return &infer.Frame{Buffers: mem.BufferSlice{mem.SliceBuffer(raw)}}
}

func ending(err error) Observation {
	s := status.Convert(err)
	o := Observation{"code": s.Code().String()}
	if err != nil {
		o["error"] = s.Message()
	}
	return o
}

// message observes a reply member by member; members of which the client's stubs know nothing, too.
func message(o Observation, data []byte, reply proto.Message) {
	if err := proto.Unmarshal(data, reply); err != nil {
		o["response"] = "does not decode: " + err.Error()
		return
	}
	if unknown := reply.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		o["response.unknown"] = hex.EncodeToString(unknown)
	}
	takeTensors(o, reply)
	encoded, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(reply)
	if err != nil {
		o["response"] = "does not print: " + err.Error()
		return
	}
	leaves, _, err := flatten(encoded)
	if err != nil {
		o["response"] = fmt.Sprintf("%s: %v", encoded, err)
		return
	}
	o.put("response", leaves)
}
