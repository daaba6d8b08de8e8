package triton

import (
	"fmt"
	"strings"
)

// datatypes are all that a Python model can take, in the order of the inputs of the identity models.
func datatypes() []string {
	return []string{"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "STRING"}
}

// models is the repository.
func models() []model {
	all := append(plain(), stateful()...)
	return append(all, odd()...)
}

// plain are models that answer a request once, and always.
func plain() []model {
	pair := func(datatype string) string {
		return in("INPUT0", datatype, "16") + in("INPUT1", datatype, "16") + out("OUTPUT0", datatype, "16") + out("OUTPUT1", datatype, "16")
	}
	fp32 := func(dims string) string { return in("INPUT0", "FP32", dims) + out("OUTPUT0", "FP32", dims) }
	return []model{
		{name: "simple", source: "arithmetic", config: batched + "dynamic_batching {}\n" + pair("INT32")},
		{name: "simple_int8", source: "arithmetic", config: batched + pair("INT8")},
		{name: "simple_string", source: "arithmetic", config: batched + pair("STRING")},
		{name: "identity", source: "identity", config: every("-1")},
		{name: "identity_batched", source: "identity", config: batched + every("-1")},
		{name: "identity_fp32", source: "identity", config: fp32("-1, -1")},
		{name: "fixed_fp32", source: "identity", config: fp32("2, 3")},
		{name: "vector_fp32", source: "identity", config: batched + fp32("-1")},
		{name: "identity_bytes", source: "identity", config: in("INPUT0", "STRING", "-1") + out("OUTPUT0", "STRING", "-1")},
		{name: "one_bytes", source: "identity", config: in("INPUT0", "STRING", "1") + out("OUTPUT0", "STRING", "1")},
		{
			name: "label", source: "identity", labels: []string{"cat", "dog", "a bird"},
			config: batched + in("INPUT0", "FP32", "4") + outLabelled("OUTPUT0", "FP32", "4"),
		},
		{name: "chain", config: "platform: \"ensemble\"\n" + batched + pair("INT32") + ensemble},
		{name: "parameters", source: "parameters", config: in("ANY", "INT32", "1") + out("SAID", "STRING", "1")},
		{name: "two", source: "constant", versions: 2, config: "version_policy: {all: {}}\n" + in("ANY", "INT32", "1") + out("VERSION", "INT64", "1")},
		{name: "extremes", source: "constant", config: in("ANY", "INT32", "1") + extremes()},
	}
}

// stateful are models with sequences, and those that answer other than once.
func stateful() []model {
	repeat := in("IN", "INT32", "-1") + optional("DELAY", "UINT32", "-1") + optional("JOINED", "BOOL", "1") + out("OUT", "INT32", "1") + out("IDX", "UINT32", "1")
	return []model{
		{name: "sequence", source: "sequence", config: sequence("UINT64")},
		{name: "sequence_text", source: "sequence", config: sequence("STRING")},
		{name: "repeat", source: "repeat", config: decoupled + repeat},
		{name: "llm", source: "llm", config: decoupled + in("PROMPT", "STRING", "1") + optional("REPETITION", "INT32", "1") +
			optional("OUTPUT_0_DIM", "INT32", "1") + optional("FAIL_LAST", "BOOL", "1") + out("TEXT", "STRING", "-1")},
	}
}

// odd are models that fail, wait or do not load.
func odd() []model {
	return []model{
		{name: "fail", source: "fail", config: in("CODE", "STRING", "1") + out("NEVER", "INT32", "1")},
		{name: "slow", source: "slow", config: in("MS", "INT32", "1") + out("DONE", "BOOL", "1") + "instance_group [{kind: KIND_CPU, count: 2}]\n"},
		{name: "broken", source: "broken", config: in("ANY", "INT32", "1") + out("NEVER", "INT32", "1")},
	}
}

// ledger is not of the repository; it has two instances, and so 200 calls a second. The first call of an instance takes 300 ms, for which
// it is warmed up.
func ledger() model {
	return model{name: "ledger", source: "ledger", config: in("payload", "UINT8", "-1") + out("payload", "UINT8", "-1") +
		out("sum", "UINT64", "1") + out("backend", "STRING", "1") + out("execution", "UINT64", "1") +
		"instance_group [{kind: KIND_CPU, count: 2}]\n" +
		`model_warmup [{name: "first" batch_size: 1 inputs {key: "payload" value: {data_type: TYPE_UINT8 dims: [1] zero_data: true}}}]`}
}

const (
	batched   = "max_batch_size: 8\n"
	decoupled = "model_transaction_policy {decoupled: true}\n"
	ensemble  = `ensemble_scheduling {
  step [
    {model_name: "simple" model_version: -1
     input_map {key: "INPUT0" value: "INPUT0"} input_map {key: "INPUT1" value: "INPUT1"}
     output_map {key: "OUTPUT0" value: "sum"} output_map {key: "OUTPUT1" value: "difference"}},
    {model_name: "simple" model_version: -1
     input_map {key: "INPUT0" value: "sum"} input_map {key: "INPUT1" value: "difference"}
     output_map {key: "OUTPUT0" value: "OUTPUT0"} output_map {key: "OUTPUT1" value: "OUTPUT1"}}
  ]
}
`
)

func tensor(kind, name, datatype, dims, more string) string {
	return fmt.Sprintf("%s [{name: %q data_type: TYPE_%s dims: [%s] %s}]\n", kind, name, datatype, dims, more)
}

func in(name, datatype, dims string) string { return tensor("input", name, datatype, dims, "") }

func optional(name, datatype, dims string) string {
	return tensor("input", name, datatype, dims, "optional: true")
}

func out(name, datatype, dims string) string { return tensor("output", name, datatype, dims, "") }

func outLabelled(name, datatype, dims string) string {
	return tensor("output", name, datatype, dims, `label_filename: "labels.txt"`)
}

// every has an optional input and an output of each datatype, named for it.
func every(dims string) string {
	var text strings.Builder
	for _, d := range datatypes() {
		text.WriteString(optional(d, d, dims) + out("OUT_"+d, d, dims))
	}
	return text.String()
}

func extremes() string {
	return out("FP32", "FP32", "6") + out("FP64", "FP64", "6") + out("UINT64", "UINT64", "3") + out("INT64", "INT64", "3") +
		out("TEXT", "STRING", "3") + out("NONE", "FP32", "-1, 3") + out("BINARY", "STRING", "1") + out("HALF", "FP16", "2")
}

// sequence is a model whose scheduler keeps a sequence's requests in one slot and tells the model about them.
func sequence(id string) string {
	control := func(name, kind, values string) string {
		return fmt.Sprintf("control_input [{name: %q control [{kind: %s %s}]}]\n", name, kind, values)
	}
	return batched + "sequence_batching {max_sequence_idle_microseconds: 60000000\n" +
		control("START", "CONTROL_SEQUENCE_START", "int32_false_true: [0, 1]") +
		control("END", "CONTROL_SEQUENCE_END", "int32_false_true: [0, 1]") +
		control("CORRID", "CONTROL_SEQUENCE_CORRID", "data_type: TYPE_"+id) + "}\n" +
		in("INPUT", "INT32", "1") + out("OUTPUT", "INT32", "3") + out("ID", "STRING", "1")
}
