package tensorjson

import (
	"math"
	"strconv"

	"github.com/manifold-serving/manifold/infer"
)

// parameters writes those that are not about one hop's transfer. Without any there is no key: clients written for Triton take
// an object of parameters for the mark of a binary tensor.
func (e *encoder) parameters(p infer.Parameters) { e.parametersAnd(p, "", "") }

// parametersAnd writes one of ours behind them, whose value is JSON; an empty key is none.
func (e *encoder) parametersAnd(p infer.Parameters, key, value string) {
	p = effective(p)
	if len(p) == 0 && key == "" {
		return
	}
	e.dst = append(appendKey(e.dst, "parameters"), '{')
	for i := range p {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.dst = append(appendQuoted(e.dst, p[i].Key), ':')
		e.dst = appendParameter(e.dst, p[i].Value, e.viewed)
	}
	if key != "" {
		e.dst = append(appendKey(e.dst, key), value...)
	}
	e.dst = append(e.dst, '}')
}

// effective leaves out framing parameters, those without a value, and of those with one key all but the last.
func effective(p infer.Parameters) infer.Parameters {
	if len(p) == 0 {
		return nil
	}
	last := make(map[string]int, len(p))
	for i := range p {
		last[p[i].Key] = i
	}
	kept := p[:0:0]
	for i := range p {
		if last[p[i].Key] == i && p[i].Value != nil && !infer.FramesTransfer(p[i].Key) {
			kept = append(kept, p[i])
		}
	}
	return kept
}

func appendParameter(dst []byte, value any, viewed bool) []byte {
	switch v := value.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case float64:
		return appendDouble(dst, v, viewed)
	case string:
		return appendQuoted(dst, v)
	}
	return append(dst, "null"...)
}

// appendDouble keeps a whole number a double: 3 is written 3.0, and read back as a double.
func appendDouble(dst []byte, f float64, viewed bool) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendNonFinite(dst, f, viewed)
	}
	from := len(dst)
	dst = appendFloat64(dst, f)
	if isWhole(dst[from:]) {
		dst = append(dst, '.', '0')
	}
	return dst
}
