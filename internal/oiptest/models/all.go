package models

import (
	"cmp"
	"slices"
	"strings"

	"github.com/manifold-serving/manifold/infer"
)

// All are the models, by name, new ones at each call.
func All() []*Model {
	all := slices.Concat(examples(), identities(), zeroSize(), stateful(), decoupledModels(), odd())
	slices.SortFunc(all, func(a, b *Model) int { return cmp.Compare(a.Name(), b.Name()) })
	return all
}

// pair are two inputs and two outputs of 16.
func pair(t infer.DataType) part {
	return func(m *Model) {
		for _, p := range []part{in("INPUT0", t, 16), in("INPUT1", t, 16), out("OUTPUT0", t, 16), out("OUTPUT1", t, 16)} {
			p(m)
		}
	}
}

// through are n inputs and outputs alike.
func through(n int, t infer.DataType, dims ...int64) part {
	return func(m *Model) {
		for i := range n {
			in(numbered("INPUT", i), t, dims...)(m)
			out(numbered("OUTPUT", i), t, dims...)(m)
		}
	}
}

// examples are those of Triton's docs/examples.
func examples() []*Model {
	return []*Model{
		declare("simple", once(sumAndDifference[int32]), batched, dynamic, pair(infer.Int32)),
		declare("simple_int8", once(sumAndDifference[int8]), batched, pair(infer.Int8)),
		declare("simple_string", once(sumAndDifferenceOfTexts), batched, pair(infer.Bytes)),
		declare("simple_identity", once(identity), batched, through(1, infer.Bytes, -1)),
		declare("chain", sumAndDifferenceTwice, batched, pair(infer.Int32), ensemble),
	}
}

// every is an optional input and an output of each datatype, named for it.
func every(m *Model) {
	for _, t := range infer.DataTypes() {
		name := strings.TrimPrefix(t.Config().String(), "TYPE_")
		optional(name, t, -1)(m)
		out("OUT_"+name, t, -1)(m)
	}
}

// identities answer what they are sent.
func identities() []*Model {
	all := []*Model{
		declare("identity", once(identity), every),
		declare("identity_batched", once(identity), batched, every),
		declare("fixed_fp32", once(identity), through(1, infer.FP32, 2, 3)),
		declare("vector_fp32", once(identity), batched, through(1, infer.FP32, -1)),
		declare("one_bytes", once(identity), through(1, infer.Bytes, 1)),
		declare("label", once(identity), batched, through(1, infer.FP32, 4), labelled("cat", "dog", "a bird")),
		declare("anything", once(mirror), anything),
	}
	for _, t := range infer.DataTypes() {
		dims := []int64{-1, -1}
		if t == infer.Bytes {
			dims = dims[:1]
		}
		all = append(all, declare("identity_"+strings.ToLower(string(t)), once(identity), through(1, t, dims...)))
	}
	return all
}

// zeroSize are the identities of Triton's QA that are tried with no elements.
func zeroSize() []*Model {
	return []*Model{
		declare("onnx_zero_1_float32", once(identity), batched, through(1, infer.FP32, -1)),
		declare("onnx_zero_3_float32", once(identity), batched, through(3, infer.FP32, -1)),
		declare("onnx_zero_1_float16", once(identity), batched, through(1, infer.FP16, -1, -1)),
		declare("onnx_zero_1_object", once(identity), batched, through(1, infer.Bytes, -1)),
		declare("onnx_zero_1_object_1_element", once(identity), batched, through(1, infer.Bytes, 1)),
		declare("onnx_zero_nobatch_1_float32", once(identity), through(1, infer.FP32, -1)),
		declare("onnx_zero_nobatch_3_float32", once(identity), through(3, infer.FP32, -1)),
		declare("onnx_zero_nobatch_1_object", once(identity), through(1, infer.Bytes, -1)),
	}
}

// stateful are models of sequences.
func stateful() []*Model {
	number := func(m *Model) {
		in("INPUT", infer.Int32, 1)(m)
		out("OUTPUT", infer.Int32, 1)(m)
	}
	told := func(m *Model) {
		in("INPUT", infer.Int32, 1)(m)
		out("OUTPUT", infer.Int32, 3)(m)
		out("ID", infer.Bytes, 1)(m)
	}
	return []*Model{
		declare("simple_sequence", once(echoes), number, inSequences("", starts, ready)),
		declare("simple_dyna_sequence", once(echoesWithID), number, inSequences(infer.Uint64, starts, ends, ready)),
		declare("simple_string_dyna_sequence", once(sumsWithID), number, inSequences(infer.Bytes, starts, ends, ready)),
		declare("sequence", once(sums), told, inSequences(infer.Uint64, starts, ends)),
		declare("sequence_text", once(sums), told, inSequences(infer.Bytes, starts, ends)),
	}
}

// decoupledModels answer any number of times.
func decoupledModels() []*Model {
	return []*Model{
		declare("repeat_int32", repeat(false), decoupled, in("IN", infer.Int32, -1), in("DELAY", infer.Uint32, -1), in("WAIT", infer.Uint32, 1),
			out("OUT", infer.Int32, 1), out("IDX", infer.Uint32, 1)),
		declare("square_int32", square, decoupled, in("IN", infer.Int32, 1), out("OUT", infer.Int32, 1)),
		declare("mock_llm", mockLLM, decoupled, in("PROMPT", infer.Bytes, 1, 1), in("STREAM", infer.Bool, 1, 1),
			optional("input_ids", infer.Int32, 1, -1), out("TEXT", infer.Bytes, 1, -1)),
		declare("repeat", repeat(true), decoupled, in("IN", infer.Int32, -1), optional("DELAY", infer.Uint32, -1), optional("JOINED", infer.Bool, 1),
			out("OUT", infer.Int32, 1), out("IDX", infer.Uint32, 1)),
		declare("llm", llm, decoupled, in("PROMPT", infer.Bytes, 1), optional("REPETITION", infer.Int32, 1), optional("OUTPUT_0_DIM", infer.Int32, 1),
			optional("FAIL_LAST", infer.Bool, 1), out("TEXT", infer.Bytes, -1)),
	}
}

// odd are models that fail, wait, do not load, or answer what is hard to carry.
func odd() []*Model {
	extreme := func(m *Model) {
		for _, p := range []part{
			out("FP32", infer.FP32, 6), out("FP64", infer.FP64, 6), out("UINT64", infer.Uint64, 3), out("INT64", infer.Int64, 3),
			out("TEXT", infer.Bytes, 3), out("NONE", infer.FP32, -1, 3), out("BINARY", infer.Bytes, 1), out("HALF", infer.FP16, 2),
		} {
			p(m)
		}
	}
	return []*Model{
		declare("nan_inf_output", once(notFinite), in("INPUT0", infer.FP32, -1), out("OUTPUT0", infer.FP32, 6)),
		declare("extremes", once(extremes), in("ANY", infer.Int32, 1), extreme),
		declare("two", once(versions), in("ANY", infer.Int32, 1), out("VERSION", infer.Int64, 1), twoVersions),
		declare("parameter", once(parameters), in("INPUT0", infer.FP32, 1), out("key", infer.Bytes, -1), out("value", infer.Bytes, -1)),
		declare("parameters", once(said), in("ANY", infer.Int32, 1), out("SAID", infer.Bytes, 1)),
		declare("fail", once(fail), in("CODE", infer.Bytes, 1), out("NEVER", infer.Int32, 1)),
		declare("slow", once(slow), in("MS", infer.Int32, 1), out("DONE", infer.Bool, 1), instances(2)),
		declare("zeros", once(zeros), in("SIZE", infer.Int64, 1), out("DATA", infer.Uint8, -1)),
		declare("measure", once(measure), in("DATA", infer.Uint8, -1), out("SIZE", infer.Int64, 1), out("CRC", infer.Uint32, 1)),
		declare("broken", once(identity), through(1, infer.Int32, 1), broken),
	}
}
