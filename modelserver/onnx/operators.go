package onnx

import (
	"fmt"
	"slices"
	"strings"
)

// supported lists the operators that the library converts, and from which version of
// the standard operator set on it gets them right. 1 means always: where such an
// operator is older than the library thinks, the library finds an input missing and
// says so. Above 1 stand the operators whose old form it would silently misread:
//
//   - Clip took its limits from attributes, which the library does not look at;
//   - Split took its sizes from an attribute, likewise;
//   - Softmax flattened its input at axis, which by default was 1.
//
// A test compares the names with the library's source.
var supported = map[string]uint64{
	"Abs": 1, "Add": 1, "And": 1, "ArgMax": 1, "ArgMin": 1, "AveragePool": 1,
	"BatchNormalization": 1, "BitwiseAnd": 1, "BitwiseNot": 1, "BitwiseOr": 1, "BitwiseXor": 1,
	"Cast": 1, "Ceil": 1, "Clip": 11, "Concat": 1, "Constant": 1, "ConstantOfShape": 1, "Conv": 1,
	"Cos": 1, "CumSum": 1, "DequantizeLinear": 1, "Div": 1, "DynamicQuantizeLinear": 1,
	"Einsum": 1, "Equal": 1, "Erf": 1, "Exp": 1, "Expand": 1,
	"FastGelu": 1, "Flatten": 1, "Floor": 1,
	"Gather": 1, "GatherElements": 1, "GatherND": 1, "Gelu": 1, "Gemm": 1, "GlobalAveragePool": 1,
	"Greater": 1, "GreaterOrEqual": 1, "GroupQueryAttention": 1,
	"HardSwish": 1, "Identity": 1, "If": 1, "IsNaN": 1,
	"LSTM": 1, "LayerNormalization": 1, "Less": 1, "LessOrEqual": 1, "Log": 1,
	"MatMul": 1, "MatMulInteger": 1, "Max": 1, "MaxPool": 1, "Min": 1, "Mod": 1, "Mul": 1,
	"MultiHeadAttention": 1, "Neg": 1, "NonZero": 1, "Not": 1, "Or": 1,
	"Pad": 1, "Pow": 1, "QLinearMatMul": 1, "QuantizeLinear": 1,
	"Range": 1, "Reciprocal": 1, "ReduceL2": 1, "ReduceMax": 1, "ReduceMean": 1, "ReduceMin": 1,
	"ReduceProd": 1, "ReduceSum": 1, "Relu": 1, "Reshape": 1, "Resize": 1, "RotaryEmbedding": 1,
	"ScatterND": 1, "Shape": 1, "Sigmoid": 1, "Sign": 1, "SimplifiedLayerNormalization": 1,
	"Sin": 1, "Size": 1, "Slice": 1, "Softmax": 13, "Split": 13, "Sqrt": 1, "Squeeze": 1, "Sub": 1,
	"Tanh": 1, "Tile": 1, "TopK": 1, "Transpose": 1, "Trilu": 1,
	"Unsqueeze": 1, "Where": 1, "Xor": 1,
}

// domains are the operator sets that the names in supported stand for.
var domains = []string{"", "ai.onnx", "com.microsoft"}

// fullName is the operator's name with its domain, if that is not the standard one.
func (o operator) fullName() string {
	if o.domain == "" || o.domain == "ai.onnx" {
		return o.name
	}
	return o.domain + "." + o.name
}

// checkOperators refuses a graph with operators that the library lacks or misreads.
func checkOperators(g *graph) error {
	var missing []string
	for _, op := range g.operators {
		since, ok := supported[op.name]
		if !ok || !slices.Contains(domains, op.domain) {
			missing = append(missing, op.fullName())
			continue
		}
		if g.opset < since {
			return fmt.Errorf("%w: operator %s (node %q) of operator set %d had another meaning: "+
				"export the model with operator set %d or newer",
				ErrUnsupported, op.name, op.node, g.opset, since)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s not supported: serve it from a model server (kind ModelServer), "+
		"or export it without %s", ErrUnsupported, list(missing), them(missing))
}

// maxListed bounds how many operators one message names.
const maxListed = 8

// list is "operator A is", "operators A, B are" or "operators A, B, … and 3 more are".
func list(names []string) string {
	names = distinct(names)
	more := ""
	if n := len(names) - maxListed; n > 0 {
		names, more = names[:maxListed], fmt.Sprintf(" and %d more", n)
	}
	text := clean(strings.Join(names, ", ")) + more
	if len(names) == 1 {
		return "operator " + text + " is"
	}
	return "operators " + text + " are"
}

func them(names []string) string {
	if len(distinct(names)) == 1 {
		return "it"
	}
	return "them"
}

func distinct(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
