package onnx_test

import (
	"math"
	"math/rand/v2"
)

// simple adds and subtracts INT32[16], like Triton's model of that name.
func simple() modelFile {
	return modelFile{
		nodes: [][]byte{node("Add", "a b → sum"), node("Sub", "a b → difference")},
		inputs: [][]byte{
			tensorValue("a", int32Type, 16), tensorValue("b", int32Type, 16),
		},
		outputs: [][]byte{
			tensorValue("sum", int32Type, 16), tensorValue("difference", int32Type, 16),
		},
	}
}

// identity copies a matrix of any shape.
func identity(elem uint64) modelFile {
	return modelFile{
		nodes:   [][]byte{node("Identity", "in → out")},
		inputs:  [][]byte{tensorValue("in", elem, "?", "?")},
		outputs: [][]byte{tensorValue("out", elem, "?", "?")},
	}
}

// mlp is Softmax(Relu(x·w1 + b1)·w2ᵀ + b2): 8 → 16 → 4.
type mlp struct{ w1, b1, w2, b2 []float32 }

const mlpIn, mlpHidden, mlpOut = 8, 16, 4

func newMLP() mlp {
	rnd := rand.New(rand.NewPCG(1, 2))
	return mlp{
		w1: normal(rnd, mlpIn*mlpHidden), b1: normal(rnd, mlpHidden),
		w2: normal(rnd, mlpHidden*mlpOut), b2: normal(rnd, mlpOut),
	}
}

func normal(rnd *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(rnd.NormFloat64())
	}
	return values
}

func (m mlp) file() modelFile {
	return modelFile{
		nodes: [][]byte{
			node("Gemm", "x w1 b1 → h"), node("Relu", "h → r"),
			node("Gemm", "r w2 b2 → y", intAttribute("transB", 1)), node("Softmax", "y → p"),
		},
		weights: [][]byte{
			floatWeight("w1", m.w1, mlpIn, mlpHidden), floatWeight("b1", m.b1, mlpHidden),
			floatWeight("w2", m.w2, mlpOut, mlpHidden), floatWeight("b2", m.b2, mlpOut),
		},
		inputs:  [][]byte{tensorValue("x", float32Type, "N", mlpIn)},
		outputs: [][]byte{tensorValue("p", float32Type, "N", mlpOut)},
	}
}

// row computes one row in float64.
func (m mlp) row(x []float32) []float64 {
	var hidden [mlpHidden]float64
	for j := range hidden {
		hidden[j] = float64(m.b1[j])
		for i := range x {
			hidden[j] += float64(x[i]) * float64(m.w1[i*mlpHidden+j])
		}
		hidden[j] = max(hidden[j], 0)
	}
	p, sum := make([]float64, mlpOut), 0.0
	for k := range p {
		p[k] = float64(m.b2[k])
		for j := range hidden {
			p[k] += hidden[j] * float64(m.w2[k*mlpHidden+j])
		}
		p[k] = math.Exp(p[k])
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}
