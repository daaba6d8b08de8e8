package server

import (
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// TestControlJSON: R-04; ours is protojson's meaning, with numbers for 64-bit integers and in one form.
func TestControlJSON(t *testing.T) {
	t.Parallel()
	config := &inferencepb.ModelConfig{
		Name: "m<&>", MaxBatchSize: 8,
		Input:      []*inferencepb.ModelInput{{Name: "x", DataType: inferencepb.DataType_TYPE_FP32, Dims: []int64{-1, 1 << 60}}},
		Parameters: map[string]*inferencepb.ModelParameter{"b": {StringValue: "2"}, "a": {StringValue: "1"}},
	}
	stats := &inferencepb.ModelStatisticsResponse{ModelStats: []*inferencepb.ModelStatistics{{Name: "m", InferenceCount: 1 << 63}}}
	parameter := &inferencepb.ModelInferRequest{Parameters: map[string]*inferencepb.InferParameter{
		"d": {ParameterChoice: &inferencepb.InferParameter_DoubleParam{DoubleParam: 0.1}},
		"f": {ParameterChoice: &inferencepb.InferParameter_BoolParam{}},
	}, RawInputContents: [][]byte{{0xff}}}
	for _, m := range []proto.Message{config, stats, parameter, &inferencepb.ServerMetadataResponse{}} {
		text, err := controlJSON{}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		back := m.ProtoReflect().New().Interface()
		if err := (protojson.UnmarshalOptions{}).Unmarshal(text, back); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !proto.Equal(m, back) {
			t.Errorf("%s reads back as %v", text, back)
		}
	}
	text, _ := controlJSON{}.Marshal(config)
	for _, want := range []string{`"name":"m<&>"`, `"dims":[-1,1152921504606846976]`, `"max_batch_size":8`, `"platform":""`, `"parameters":{"a":{"string_value":"1"},"b"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s has no %s", text, want)
		}
	}
	if strings.Contains(string(text), "null") {
		t.Errorf("%s has a null", text)
	}
}

func TestControlJSONReads(t *testing.T) {
	t.Parallel()
	var req inferencepb.RepositoryIndexRequest
	if err := (controlJSON{}).NewDecoder(strings.NewReader(`{"ready":true,"unknown":1}`)).Decode(&req); err != nil || !req.GetReady() {
		t.Errorf("%v, %v", &req, err)
	}
	if err := (controlJSON{}).NewDecoder(strings.NewReader("")).Decode(&req); !errors.Is(err, io.EOF) {
		t.Errorf("an empty body: %v, want io.EOF", err)
	}
	if err := (controlJSON{}).Unmarshal([]byte("{}"), new(int)); err == nil {
		t.Error("an int was read")
	}
	var out strings.Builder
	if err := (controlJSON{}).NewEncoder(&out).Encode(&req); err != nil || out.String() != `{"repository_name":"","ready":true}` {
		t.Errorf("%s, %v", out.String(), err)
	}
}
