package models_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest/models"
)

func TestSimpleAddsAndSubtracts(t *testing.T) {
	t.Parallel()
	sums, differences := make([]int32, 16), make([]int32, 16)
	for i := range sums {
		sums[i], differences[i] = int32(2*i+1), -1
	}
	resp, err := ask(t, model(t, "simple"), infer.Head{ID: "7"}, nil, counting("INPUT0", 0), counting("INPUT1", 1))
	wants(t, resp, err, input("OUTPUT0", infer.Shape{1, 16}, sums...), input("OUTPUT1", infer.Shape{1, 16}, differences...))
	if resp.ID() != "7" || resp.ModelName() != "simple" || resp.ModelVersion() != "1" {
		t.Errorf("answered as %q of %q in version %q", resp.ID(), resp.ModelName(), resp.ModelVersion())
	}
	texts := func(name, value string) infer.TensorData {
		all := make([]string, 16)
		for i := range all {
			all[i] = value
		}
		return text(name, infer.Shape{1, 16}, all...)
	}
	resp, err = ask(t, model(t, "simple_string"), infer.Head{}, nil, texts("INPUT0", "40"), texts("INPUT1", "2"))
	wants(t, resp, err, texts("OUTPUT0", "42"), texts("OUTPUT1", "38"))
	resp, err = ask(t, model(t, "chain"), infer.Head{}, []infer.RequestedOutput{{Name: "OUTPUT1"}}, counting("INPUT0", 0), counting("INPUT1", 0))
	twice := make([]int32, 16)
	for i := range twice {
		twice[i] = int32(2 * i)
	}
	wants(t, resp, err, input("OUTPUT1", infer.Shape{1, 16}, twice...))
}

func TestIdentityOfEveryDatatype(t *testing.T) {
	t.Parallel()
	for _, d := range infer.DataTypes() {
		name := map[infer.DataType]string{infer.Bool: "identity_bool", infer.Bytes: "identity_bytes", infer.BF16: "identity_bf16", infer.FP16: "identity_fp16"}[d]
		if name == "" {
			continue
		}
		raw := []byte{1, 0, 1, 0}
		n := int64(4 / max(1, d.Size()))
		if d == infer.Bytes {
			raw, n = infer.RawStrings("\xff\x00", ""), 2
		}
		data := infer.TensorData{Name: "INPUT0", DataType: d, Shape: infer.Shape{1, n}, Data: mem.SliceBuffer(raw)}
		if d == infer.Bytes {
			data.Shape = infer.Shape{n}
		}
		resp, err := ask(t, model(t, name), infer.Head{}, nil, data)
		data.Name = "OUTPUT0"
		wants(t, resp, err, data)
	}
	for _, d := range infer.DataTypes() {
		found := false
		for _, m := range models.All() {
			described, err := m.Metadata(t.Context())
			found = found || err == nil && len(described.Inputs) == 1 && described.Inputs[0].DataType == d && m.Name()[:2] == "id"
		}
		if !found {
			t.Errorf("no identity takes %s", d)
		}
	}
}

// An optional input that is left out leaves no output.
func TestOptionalInputsMayBeLeftOut(t *testing.T) {
	t.Parallel()
	resp, err := ask(t, model(t, "identity"), infer.Head{}, nil, input("INT64", infer.Shape{1}, int64(math.MinInt64)))
	wants(t, resp, err, input("OUT_INT64", infer.Shape{1}, int64(math.MinInt64)))
}

func TestZeroSizeVariantsAnswerNothingWithNothing(t *testing.T) {
	t.Parallel()
	resp, err := ask(t, model(t, "onnx_zero_3_float32"), infer.Head{}, nil,
		input[float32]("INPUT0", infer.Shape{1, 0}), input("INPUT1", infer.Shape{1, 2}, float32(1), 2), input[float32]("INPUT2", infer.Shape{1, 0}))
	wants(t, resp, err, input[float32]("OUTPUT0", infer.Shape{1, 0}), input("OUTPUT1", infer.Shape{1, 2}, float32(1), 2), input[float32]("OUTPUT2", infer.Shape{1, 0}))
}

// The codes are those of table 5.2 of the protocol page.
func TestS01RequestsThatAreNotForTheModelAreRefused(t *testing.T) {
	t.Parallel()
	type tensors = []infer.TensorData
	both := tensors{counting("INPUT0", 0), counting("INPUT1", 0)}
	for _, c := range []struct {
		name, model string
		head        infer.Head
		inputs      tensors
		outputs     []infer.RequestedOutput
		want        codes.Code
	}{
		{name: "unknown version", model: "simple", head: infer.Head{ModelVersion: "9"}, inputs: both, want: codes.NotFound},
		{name: "version that is no number", model: "simple", head: infer.Head{ModelVersion: "x"}, inputs: both, want: codes.InvalidArgument},
		{name: "missing input", model: "simple", inputs: both[:1], want: codes.InvalidArgument},
		{name: "unexpected input", model: "simple", inputs: append(both[:2:2], counting("INPUT2", 0)), want: codes.InvalidArgument},
		{name: "wrong datatype", model: "simple_int8", inputs: both, want: codes.InvalidArgument},
		{name: "wrong shape", model: "simple", inputs: tensors{counting("INPUT0", 0), input("INPUT1", infer.Shape{1, 1}, int32(1))}, want: codes.InvalidArgument},
		{name: "no batch axis", model: "vector_fp32", inputs: tensors{input("INPUT0", infer.Shape{1}, float32(1))}, want: codes.InvalidArgument},
		{name: "batch of none", model: "vector_fp32", inputs: tensors{input[float32]("INPUT0", infer.Shape{0, 1})}, want: codes.InvalidArgument},
		{name: "batch too large", model: "vector_fp32", inputs: tensors{input("INPUT0", infer.Shape{9, 1}, make([]float32, 9)...)}, want: codes.InvalidArgument},
		{
			name: "batches of two sizes", model: "onnx_zero_3_float32", want: codes.InvalidArgument,
			inputs: tensors{input[float32]("INPUT0", infer.Shape{1, 0}), input[float32]("INPUT1", infer.Shape{2, 0}), input[float32]("INPUT2", infer.Shape{1, 0})},
		},
		{name: "unexpected output", model: "simple", inputs: both, outputs: []infer.RequestedOutput{{Name: "NONE"}}, want: codes.InvalidArgument},
		{name: "decoupled through unary", model: "square_int32", inputs: tensors{input("IN", infer.Shape{1}, int32(1))}, want: codes.Unimplemented},
		{name: "not loaded", model: "broken", inputs: tensors{input("INPUT0", infer.Shape{1}, int32(1))}, want: codes.NotFound},
		{name: "text that is no number", model: "simple_string", inputs: tensors{
			text("INPUT0", infer.Shape{1, 16}, make([]string, 16)...), text("INPUT1", infer.Shape{1, 16}, make([]string, 16)...),
		}, want: codes.Internal},
		{name: "classes of texts", model: "one_bytes", inputs: tensors{text("INPUT0", infer.Shape{1}, "a")}, outputs: classes("OUTPUT0", 1), want: codes.InvalidArgument},
		{name: "no classes", model: "fixed_fp32", inputs: tensors{input("INPUT0", infer.Shape{2, 3}, make([]float32, 6)...)}, outputs: classes("OUTPUT0", 0), want: codes.InvalidArgument},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ask(t, model(t, c.model), c.head, c.outputs, c.inputs...)
			fails(t, err, c.want)
		})
	}
}

func classes(name string, k int64) []infer.RequestedOutput {
	return []infer.RequestedOutput{{Name: name, Parameters: infer.Parameters{{Key: "classification", Value: k}}}}
}

func TestParametersAreOfTheKindsThatTritonTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key   string
		good  []any
		wrong []any
	}{
		{"sequence_id", []any{int64(1), "a"}, []any{uint64(1), true, 1.5}},
		{"sequence_start", []any{true}, []any{int64(1), "true", 1.0, uint64(1)}},
		{"sequence_end", []any{false}, []any{int64(0), ""}},
		{"priority", []any{int64(0), uint64(1)}, []any{int64(-1), "1", true, 1.0}},
		{"timeout", []any{int64(1)}, []any{uint64(1), "1", true, 0.5}},
		{infer.EnableEmptyFinalResponse, []any{true}, []any{"true", int64(1), 1.0}},
		{"triton_final_response", nil, []any{true, int64(1)}},
		{"custom", []any{true, int64(-1), "a", 0.5}, []any{uint64(1), nil}},
	} {
		try := func(value any, want codes.Code) {
			head := infer.Head{Parameters: infer.Parameters{{Key: c.key, Value: value}}}
			if _, err := ask(t, model(t, "parameters"), head, nil, input("ANY", infer.Shape{1}, int32(0))); infer.CodeOf(err) != want {
				t.Errorf("%s %v (%T): %v", c.key, value, value, err)
			}
		}
		for _, v := range c.good {
			try(v, codes.OK)
		}
		for _, v := range c.wrong {
			try(v, codes.InvalidArgument)
		}
	}
}

func TestFailHasEveryCode(t *testing.T) {
	t.Parallel()
	want := map[string]codes.Code{"INVALID_ARG": codes.InvalidArgument, "UNSUPPORTED": codes.Unimplemented, "EXCEPTION": codes.Internal}
	for c := codes.Canceled; c <= codes.Unauthenticated; c++ {
		var named codes.Code
		name := map[codes.Code]string{
			codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT", codes.DeadlineExceeded: "DEADLINE_EXCEEDED",
			codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS", codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
			codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE", codes.Unimplemented: "UNIMPLEMENTED",
			codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED",
		}[c]
		if err := named.UnmarshalJSON([]byte(`"` + name + `"`)); err != nil {
			t.Fatal(err)
		}
		want[name] = named
	}
	m := model(t, "fail")
	for name, code := range want {
		_, err := ask(t, m, infer.Head{}, nil, text("CODE", infer.Shape{1}, name))
		fails(t, err, code)
	}
}

func TestLabelsNameClasses(t *testing.T) {
	t.Parallel()
	scores := input("INPUT0", infer.Shape{2, 4}, float32(0.5), 2, 1, 0, 0, 0, 0, 9)
	resp, err := ask(t, model(t, "label"), infer.Head{}, classes("OUTPUT0", 2), scores)
	wants(t, resp, err, text("OUTPUT0", infer.Shape{2, 2}, "2.000000:1:dog", "1.000000:2:a bird", "9.000000:3", "0.000000:0:cat"))
}

func TestParametersComeBackInOrder(t *testing.T) {
	t.Parallel()
	head := infer.Head{Parameters: infer.Parameters{{Key: "z", Value: true}, {Key: "a", Value: int64(-1)}, {Key: "f", Value: 2.0}, {Key: "s", Value: "ü"}, {Key: "binary_data_output", Value: true}}}
	resp, err := ask(t, model(t, "parameter"), head, nil, input("INPUT0", infer.Shape{1}, float32(0)))
	wants(t, resp, err, text("key", infer.Shape{4}, "a", "f", "s", "z"), text("value", infer.Shape{4}, "-1", "2.0", "ü", "True"))
}

// What a request says beside its tensors, as Python writes it in JSON.
func TestParametersTellWhatTheRequestSaid(t *testing.T) {
	t.Parallel()
	any0 := input("ANY", infer.Shape{1}, int32(0))
	resp, err := ask(t, model(t, "parameters"), infer.Head{}, nil, any0)
	wants(t, resp, err, text("SAID", infer.Shape{1}, `{"correlation": 0, "flags": 0, "id": "", "outputs": ["SAID"], "parameters": {}, "timeout": 0}`))
	head := infer.Head{ID: "ü\"", Parameters: infer.Parameters{
		{Key: "z", Value: true},
		{Key: "a", Value: int64(-1)},
		{Key: "f", Value: 0.5},
		{Key: "timeout", Value: int64(7)},
		{Key: "priority", Value: uint64(1)},
		{Key: "sequence_id", Value: "seven"},
		{Key: "sequence_start", Value: true},
		{Key: "sequence_end", Value: true},
	}}
	resp, err = ask(t, model(t, "parameters"), head, nil, any0)
	wants(t, resp, err, text("SAID", infer.Shape{1},
		`{"correlation": "seven", "flags": 3, "id": "\u00fc\"", "outputs": ["SAID"], "parameters": {"a": -1, "f": 0.5, "z": true}, "timeout": 7}`))
}

func TestVersionsAnswerForThemselves(t *testing.T) {
	t.Parallel()
	m := model(t, "two")
	for asked, want := range map[string]int64{"": 2, "1": 1, "2": 2} {
		resp, err := ask(t, m, infer.Head{ModelVersion: asked}, nil, input("ANY", infer.Shape{1}, int32(0)))
		wants(t, resp, err, input("VERSION", infer.Shape{1}, want))
	}
	first, err := m.Version("1")
	if err != nil {
		t.Fatal(err)
	}
	described, err := first.Metadata(t.Context())
	if err != nil || !slices.Equal(described.Versions, []string{"1"}) {
		t.Errorf("version 1 describes %v, %v", described, err)
	}
	if _, err := m.Version("3"); infer.CodeOf(err) != codes.NotFound {
		t.Errorf("version 3: %v", err)
	}
}

// A slow model stops when nobody waits any more.
func TestSlowIsCancellable(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	req := infer.NewRequest(infer.Head{}, []infer.TensorData{input("MS", infer.Shape{1}, int32(math.MaxInt32))}, nil)
	defer req.Free()
	cancel()
	if _, err := model(t, "slow").Infer(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	resp, err := ask(t, model(t, "slow"), infer.Head{}, nil, input("MS", infer.Shape{1}, int32(1)))
	wants(t, resp, err, input("DONE", infer.Shape{1}, true))
}

func TestNumbersThatAreNone(t *testing.T) {
	t.Parallel()
	resp, err := ask(t, model(t, "nan_inf_output"), infer.Head{}, nil, input("INPUT0", infer.Shape{1}, float32(0)))
	inf := float32(math.Inf(1))
	wants(t, resp, err, input("OUTPUT0", infer.Shape{6}, float32(math.NaN()), inf, -inf, 1, 2, 3))
	resp, err = ask(t, model(t, "extremes"), infer.Head{}, []infer.RequestedOutput{{Name: "UINT64"}}, input("ANY", infer.Shape{1}, int32(0)))
	wants(t, resp, err, input("UINT64", infer.Shape{3}, uint64(0), uint64(math.MaxUint64), 1<<53+1))
	resp, err = ask(t, model(t, "zeros"), infer.Head{}, nil, input("SIZE", infer.Shape{1}, int64(3)))
	wants(t, resp, err, input("DATA", infer.Shape{3}, uint8(0), 0, 0))
	_, err = ask(t, model(t, "zeros"), infer.Head{}, nil, input("SIZE", infer.Shape{1}, int64(-1)))
	fails(t, err, codes.InvalidArgument)
	resp, err = ask(t, model(t, "measure"), infer.Head{}, nil, input("DATA", infer.Shape{3}, []uint8("abc")...))
	wants(t, resp, err, input("SIZE", infer.Shape{1}, int64(3)), input("CRC", infer.Shape{1}, uint32(0x352441c2)))
}

// What a model declares is what it does: metadata have the batch axis, every output of the configuration is in the metadata.
func TestMetadataHaveTheBatchAxis(t *testing.T) {
	t.Parallel()
	m := model(t, "simple")
	described, err := m.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &infer.Metadata{
		Name: "simple", Versions: []string{"1"}, Platform: "python",
		Inputs:  []infer.TensorMetadata{{Name: "INPUT0", DataType: infer.Int32, Shape: infer.Shape{-1, 16}}, {Name: "INPUT1", DataType: infer.Int32, Shape: infer.Shape{-1, 16}}},
		Outputs: []infer.TensorMetadata{{Name: "OUTPUT0", DataType: infer.Int32, Shape: infer.Shape{-1, 16}}, {Name: "OUTPUT1", DataType: infer.Int32, Shape: infer.Shape{-1, 16}}},
	}
	if diff := cmp.Diff(want, described); diff != "" {
		t.Error(diff)
	}
	config, err := m.Config(t.Context())
	if err != nil || config.GetMaxBatchSize() != 8 || config.GetInput()[0].GetDims()[0] != 16 || config.GetDynamicBatching() == nil {
		t.Errorf("%v, %v", config, err)
	}
}

func TestStatisticsCountWhatWasAnswered(t *testing.T) {
	t.Parallel()
	m := model(t, "fail")
	_, _ = ask(t, m, infer.Head{}, nil, text("CODE", infer.Shape{1}, "INTERNAL"))
	_, _ = ask(t, m, infer.Head{}, nil, text("CODE", infer.Shape{2}, "refused", "before it runs"))
	stats, err := m.Statistics(t.Context())
	if err != nil || len(stats) != 1 || stats[0].GetInferenceStats().GetFail().GetCount() != 1 || stats[0].GetName() != "fail" {
		t.Errorf("%v, %v", stats, err)
	}
}
