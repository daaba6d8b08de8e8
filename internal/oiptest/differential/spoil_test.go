package differential_test

import (
	"math"
	"slices"

	"github.com/manifold-serving/manifold/infer"
)

// spoil does one thing to a question that makes most of them bad ones.
func (g generator) spoil(q *question) {
	if len(q.Inputs) == 0 || g.IntN(3) == 0 {
		g.spoilMessage(q)
		return
	}
	in := &q.Inputs[g.IntN(len(q.Inputs))]
	switch g.IntN(14) {
	case 0, 1:
		in.Shape = pick(g,
			infer.Shape{-1}, infer.Shape{-2, 0}, infer.Shape{0, 0}, infer.Shape{math.MinInt64}, infer.Shape{1 << 62, 4}, infer.Shape{1 << 33, 1},
			infer.Shape{1 << 40, 1}, infer.Shape{1 << 32, 1 << 32}, infer.Shape{1 << 62, 4, 0}, infer.Shape{math.MaxInt64}, slices.Repeat(infer.Shape{1}, infer.MaxRank+1),
			slices.Repeat(infer.Shape{1}, infer.MaxRank), infer.Shape{}, infer.Shape{0})
	case 2:
		in.Shape = append(slices.Clone(in.Shape), 1)
	case 3:
		if len(in.Shape) > 0 {
			in.Shape = slices.Clone(in.Shape)
			in.Shape[g.IntN(len(in.Shape))] += int64(pick(g, -1, 1, 100))
		}
	case 4:
		in.Data = in.Data[:max(0, len(in.Data)-1)]
	case 5:
		in.Data = append(slices.Clone(in.Data), g.element(in.Type, true)...)
	case 6:
		in.Data = nil
	case 7:
		in.Data = append(slices.Clone(in.Data), 0xff, 0xff, 0xff, 0xff)
	case 8, 9:
		in.Type = pick[infer.DataType](g, infer.FP32, infer.Int8, infer.Uint64, infer.Bytes, infer.Bool, "FP128", "fp32", "", "STRING")
	case 10:
		in.Name = pick(g, "none", "", "INPUT1")
	case 11:
		in.Missing = pick(g, "name", "datatype", "shape", "data")
	case 12:
		q.Inputs = append(q.Inputs, *in) // twice
	case 13:
		i := g.IntN(len(q.Inputs))
		q.Inputs = slices.Delete(q.Inputs, i, i+1)
	}
}

func (g generator) spoilMessage(q *question) {
	switch g.IntN(6) {
	case 0:
		q.Version = pick(g, "1", "2", "0", "x", "1x", "-1", "99999999999999999999", " 1")
	case 1:
		q.Outputs = append(q.Outputs, wanted{pick(g, "OUTPUT0", "OUTPUT1", "none", ""), 0})
	case 2:
		q.Outputs = append(q.Outputs, wanted{"OUTPUT0", g.IntN(3)}, wanted{pick(g, "OUTPUT0", "OUTPUT1"), 0})
	case 3:
		q.Outputs = append(q.Outputs, wanted{"OUTPUT0", pick(g, 1, 2, 1000, -1)})
	case 4:
		q.Parameters = distinct(append(q.Parameters, pick(g,
			infer.Parameter{Key: "triton_custom", Value: int64(1)}, infer.Parameter{Key: "sequence_id", Value: int64(3)},
			infer.Parameter{Key: "sequence_start", Value: "no"}, infer.Parameter{Key: "priority", Value: int64(1)}, infer.Parameter{Key: "timeout", Value: int64(60_000_000)})))
	case 5:
		q.Model = pick(g, "none", "simple", "anything", "identity_bytes")
	}
}

// distinct keeps the first of each key: a map has no more.
func distinct(all infer.Parameters) infer.Parameters {
	var kept infer.Parameters
	for _, p := range all {
		if _, twice := kept.Lookup(p.Key); !twice {
			kept = append(kept, p)
		}
	}
	return kept
}
