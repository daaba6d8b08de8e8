package modelserver

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

func TestParseConfig(t *testing.T) {
	t.Parallel()
	got, err := parseConfig([]byte(`
		# commas, lists and comments are Triton's habit
		name: "m", max_batch_size: 8
		input [ { name: "x", data_type: TYPE_FP32, dims: [ 3, -1 ] } ]
		output { name: "y" data_type: TYPE_INT64 dims: 2 label_filename: "l.txt" }
		version_policy: { specific { versions: [1, 3] } }
		instance_group [ { kind: KIND_CPU count: 2 } ]
		parameters { key: "a" value { string_value: "b" } }
		dynamic_batching { }
	`))
	if err != nil {
		t.Fatal(err)
	}
	if got.GetInput()[0].GetDims()[1] != -1 || got.GetOutput()[0].GetLabelFilename() != "l.txt" || got.GetDynamicBatching() == nil {
		t.Errorf("got %v", got)
	}
}

func TestParseConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"unknown field", "name: \"m\"\n\n max_batch: 8", "3:2: unknown field: max_batch"},
		{"unknown nested field", "input {\n  nam: \"x\"\n}", "2:3: unknown field: nam"},
		{"unknown enum", "input {\n  data_type: TYPE_FLOAT\n}", "2:14: invalid value for enum type: TYPE_FLOAT"},
		{"wrong type", "max_batch_size: \"8\"", "1:17: invalid value for int32 type: \"8\""},
		{"twice", "max_batch_size: 8\nmax_batch_size: 9", "2:1: non-repeated field \"max_batch_size\" is repeated"},
		{"two schedulers", "dynamic_batching {}\nsequence_batching {}", "2:1: error parsing \"sequence_batching\", oneof inference.ModelConfig.scheduling_choice is already set"},
		{"not text", "\x00\x01", "1:1: invalid field name: \x00"},
		{"unclosed", "input {", " unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseConfig([]byte(c.text))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// parse is parseConfig of a text that is right.
func parse(tb testing.TB, text string) *inferencepb.ModelConfig {
	tb.Helper()
	config, err := parseConfig([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return config
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"nothing", `name: "m" platform: "onnxruntime_onnx" backend: "onnxruntime" dynamic_batching {}`, ""},
		{"platform", `platform: "tensorrt_plan"`, `platform "tensorrt_plan": the embedded runtime has onnxruntime_onnx only; `},
		{"backend", `backend: "python"`, `backend "python": the embedded runtime has onnxruntime only; `},
		{"ensemble", `platform: "ensemble"`, `ensemble_scheduling: the gateway chains models with an InferenceGraph; `},
		{"ensemble steps", `ensemble_scheduling { step { model_name: "x" } }`, `ensemble_scheduling: the gateway chains models with an InferenceGraph; `},
		{
			"several", `sequence_batching {} model_transaction_policy { decoupled: true } batch_input {} batch_output {}
				model_operations { op_library_filename: "x.so" } model_repository_agents { agents { name: "checksum" } }`,
			`the embedded runtime has no sequence_batching, model_transaction_policy.decoupled, batch_input, batch_output, ` +
				`model_operations.op_library_filename, model_repository_agents; `,
		},
		{"not decoupled", `model_transaction_policy { decoupled: false }`, ""},
		{"negative batch", `max_batch_size: -1`, `max_batch_size -1 is negative; `},
		{"negative count", `instance_group { count: 1 } instance_group { count: -2 }`, `instance_group 1: count -2 is negative`},
		{"file elsewhere", `default_model_filename: "../x.onnx"`, `default_model_filename "../x.onnx" is not inside `},
		{"optional", `input { name: "x" optional: true }`, `input "x": the embedded runtime has no optional; `},
		{"ragged", `input { name: "x" allow_ragged_batch: true }`, `input "x": the embedded runtime has no allow_ragged_batch; `},
		{"shape tensor", `output { name: "y" is_shape_tensor: true }`, `output "y": the embedded runtime has no is_shape_tensor; `},
		{"no name", `input { dims: 1 }`, `an input has no name`},
		{
			"misspelt parameter", `parameters { key: "manifold_images" value { string_value: "x" } }`,
			`parameter "manifold_images" is unknown; there are manifold_image_input and manifold_label_output`,
		},
		{"all at once", "max_batch_size: -1 output { name: \"y\" is_shape_tensor: true }", "max_batch_size -1 is negative; 0 means that the model does not batch\noutput \"y\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := refuse(parse(t, c.text))
			if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got error %v", err)
			}
		})
	}
}

func TestIgnored(t *testing.T) {
	t.Parallel()
	got := ignored(parse(t, `
		name: "m" platform: "onnxruntime_onnx" backend: "onnxruntime" max_batch_size: 1 default_model_filename: "x"
		version_policy { all {} } input { name: "x" } output { name: "y" }
		model_transaction_policy { decoupled: false }
		parameters { key: "manifold_image_input" value { string_value: "x" } }
		parameters { key: "threads" value { string_value: "2" } }
		instance_group { kind: KIND_CPU count: 2 name: "a" passive: true }
		instance_group { kind: KIND_GPU count: 2 }
		instance_group { rate_limiter {} host_policy: "numa" }
		dynamic_batching { preferred_batch_size: 4 }
		model_warmup { name: "w" } optimization {} response_cache { enable: true } metric_tags { key: "a" value: "b" }
	`))
	want := []string{
		"dynamic_batching (requests run one by one)",
		"instance_group 1 (KIND_GPU; the model runs on the CPU)",
		"instance_group 2 host_policy",
		"instance_group 2 rate_limiter",
		"metric_tags",
		"model_warmup (every batch size is compiled at load anyway)",
		"optimization",
		`parameters "threads"`,
		"response_cache",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 0},
		{"instance_group { }", 1}, // count 0 is 1
		{"instance_group { count: 2 } instance_group { kind: KIND_CPU count: 3 }", 5},
		{"instance_group { kind: KIND_GPU count: 7 }", 0},
		{"instance_group { count: 2 passive: true } instance_group { count: 4 }", 4},
	} {
		if got := instances(parse(t, c.text)); got != c.want {
			t.Errorf("%s: got %d, want %d", c.text, got, c.want)
		}
	}
}

func TestChooseVersions(t *testing.T) {
	t.Parallel()
	versions := []located{{number: 1}, {number: 3}, {number: 12}}
	for _, c := range []struct {
		policy string
		want   []int64
		err    string
	}{
		{"", []int64{12}, ""},
		{"version_policy { latest {} }", []int64{12}, ""},
		{"version_policy { latest { num_versions: 2 } }", []int64{3, 12}, ""},
		{"version_policy { latest { num_versions: 9 } }", []int64{1, 3, 12}, ""},
		{"version_policy { all {} }", []int64{1, 3, 12}, ""},
		{"version_policy { specific { versions: [12, 1, 1] } }", []int64{1, 12}, ""},
		{"version_policy { specific { versions: [1, 2] } }", nil, "version_policy names version 2, but there are [1 3 12]"},
		{"version_policy { specific { } }", nil, "version_policy specific names no version; there are [1 3 12]"},
	} {
		chosen, err := chooseVersions(parse(t, c.policy).GetVersionPolicy(), versions)
		if err != nil {
			if err.Error() != c.err {
				t.Errorf("%s: got error %v", c.policy, err)
			}
			continue
		}
		if diff := cmp.Diff(c.want, numbers(chosen)); diff != "" || c.err != "" {
			t.Errorf("%s: %s", c.policy, diff)
		}
	}
}

func TestReadConfigFaults(t *testing.T) {
	t.Parallel()
	root := files{
		"long/config.pbtxt":  strings.Repeat("#", maxConfigBytes+1),
		"bad/config.pbtxt":   "name: \"bad\"\nx: 1",
		"other/config.pbtxt": `name: "another"`,
	}.write(t)
	for name, want := range map[string]string{
		"long":  filepath.Join(root, "long/config.pbtxt") + " is longer than 1048576 bytes",
		"bad":   filepath.Join(root, "bad/config.pbtxt") + ":2:1: unknown field: x",
		"other": filepath.Join(root, "other/config.pbtxt") + `: name is "another", its folder is named "other"; make them the same, or leave name out`,
	} {
		_, _, err := readConfig(source{folder: filepath.Join(root, name)})
		if err == nil || err.Error() != want {
			t.Errorf("got error %v", err)
		}
	}
	if _, err := readFile(root, "../x", 1); err == nil || err.Error() != `"../x" is not inside the model's folder` {
		t.Errorf("got error %v", err)
	}
	if _, err := readFile(root, "nothing", 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v", err)
	}
}

// FuzzConfig: any text gives an error or a configuration that can be resolved, or refused, without a panic.
func FuzzConfig(f *testing.F) {
	examples, err := filepath.Glob("../examples/*/models/*/config.pbtxt")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range examples {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(`input { name: "x" data_type: TYPE_UINT8 dims: [-1, 3, 4, 4] format: FORMAT_NHWC reshape { shape: [3, -1, 16] } }`)
	f.Add(`max_batch_size: 4 output { name: "y" data_type: 99 dims: [9223372036854775807, 2] }`)
	empty := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		config, err := parseConfig([]byte(text))
		if err != nil {
			return
		}
		again := proto.Clone(config).(*inferencepb.ModelConfig)
		if err := refuse(config); err != nil {
			return
		}
		ignored(config)
		instances(config)
		setDefaults(config, "m")
		s, err := newSignature(config, empty)
		if err == nil {
			s.metadata()
		}
		if !proto.Equal(again.GetVersionPolicy(), config.GetVersionPolicy()) && again.GetVersionPolicy().GetPolicyChoice() != nil {
			t.Errorf("defaults changed the version policy to %v", config.GetVersionPolicy())
		}
	})
}
