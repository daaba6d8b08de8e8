package transparency

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"

	pb "github.com/manifold-serving/manifold/gen/inferencepb"
)

// takeTensors takes the data out of a response, in whatever form, and observes their bytes. Servers disagree on the form, not on the
// bytes.
func takeTensors(o Observation, reply proto.Message) {
	var r *pb.ModelInferResponse
	switch reply := reply.(type) {
	case *pb.ModelInferResponse:
		r = reply
	case *pb.ModelStreamInferResponse:
		r = reply.GetInferResponse()
	}
	if r == nil {
		return
	}
	raw := r.RawOutputContents
	r.RawOutputContents = nil
	for i, output := range r.Outputs {
		name := fmt.Sprintf("response.tensor.%d.", i)
		switch {
		case output.Contents != nil && len(raw) == 0:
			o[name+"form"], o[name+"bytes"] = "typed", hex.EncodeToString(rawOf(output.Datatype, output.Contents))
		case i < len(raw):
			o[name+"form"], o[name+"bytes"] = "raw", hex.EncodeToString(raw[i])
		default:
			o[name+"form"] = "none"
		}
		if output.Contents != nil && len(raw) > 0 {
			o[name+"form"] += fmt.Sprintf(", beside contents of %d bytes", proto.Size(output.Contents))
		}
		output.Contents = nil
	}
	if len(raw) > len(r.Outputs) {
		o["response.tensor.left"] = strconv.Itoa(len(raw) - len(r.Outputs))
	}
}

// rawOf is typed contents as raw bytes.
func rawOf(datatype string, c *pb.InferTensorContents) []byte {
	var out []byte
	for _, v := range c.IntContents {
		switch datatype {
		case "INT8":
			out = append(out, byte(v))
		case "INT16":
			out = append(out, le(int16(v))...)
		default:
			out = append(out, le(v)...)
		}
	}
	for _, v := range c.UintContents {
		switch datatype {
		case "UINT8":
			out = append(out, byte(v))
		case "UINT16":
			out = append(out, le(uint16(v))...)
		default:
			out = append(out, le(v)...)
		}
	}
	for _, v := range c.BytesContents {
		out = append(out, texts(string(v))...)
	}
	return append(out, le(c.BoolContents, c.Int64Contents, c.Uint64Contents, c.Fp32Contents, c.Fp64Contents)...)
}
