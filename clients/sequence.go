package clients

import (
	"encoding/binary"
	"hash/fnv"
	"time"

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

// of chooses the replica of a sequence, which is the same one in every gateway while the same replicas can be reached, and of its
// connections the one to take. When a replica fails only its own sequences move. The lock is held. Source: Thaler and Ravishankar,
// "A name-based mapping scheme for rendezvous".
func (p *pool) of(sequence string) *conn {
	var chosen *conn
	var highest uint64
	out := true // as chosen is unreachable
	for _, r := range p.replicas {
		c, standing := r.observe(time.Now())
		down := standing == unreachable
		weight := r.weight(sequence)
		if chosen == nil || out && !down || out == down && weight > highest {
			chosen, highest, out = c, weight, down
		}
	}
	return chosen
}

// weight is how well the replica suits the sequence, at random but the same each time.
func (r *replica) weight(sequence string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.target.text))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(sequence))
	return mixed(h.Sum64())
}

// mixed spreads every bit of v over all bits, which FNV does not. Source: the finalizer of MurmurHash3.
func mixed(v uint64) uint64 {
	v = (v ^ v>>33) * 0xff51afd7ed558ccd
	v = (v ^ v>>33) * 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}
