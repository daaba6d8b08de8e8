package clients

import (
	"encoding/binary"

	"github.com/manifold-serving/manifold/infer"
)

// sequenceID is the parameter that requests of one sequence share. Source: Triton, "Sequence Extension".
const sequenceID = "sequence_id"

func (u *Upstream) sequence(req *infer.Request) string { return SequenceOf(u.name, req) }

// SequenceOf names the sequence that a request to a model belongs to, unlike those of other models; empty when it belongs to none.
func SequenceOf(model string, req *infer.Request) string {
	parameters, err := req.Parameters()
	if err != nil {
		return ""
	}
	value, _ := parameters.Lookup(sequenceID)
	switch v := value.(type) {
	case string:
		if v != "" {
			return "text " + model + "\x00" + v
		}
	case int64:
		if v != 0 {
			return "number " + model + "\x00" + string(binary.LittleEndian.AppendUint64(nil, uint64(v)))
		}
	case uint64:
		if v != 0 {
			return "number " + model + "\x00" + string(binary.LittleEndian.AppendUint64(nil, v))
		}
	}
	return ""
}
