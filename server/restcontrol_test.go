package server_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/server"
)

// administered is a model server that remembers what it is told, and answers.
type administered struct {
	told  proto.Message
	reply proto.Message
}

func (a *administered) Administer(_ context.Context, _ string, req, reply proto.Message) error {
	a.told = proto.Clone(req)
	if a.reply != nil {
		proto.Merge(reply, a.reply)
	}
	return nil
}

// opened opens all extensions for the server "s".
func opened(o *server.Options, _ *server.Deps) {
	o.Extensions = server.Extensions{ModelRepository: "s", SystemSharedMemory: "s", CudaSharedMemory: "s", Trace: "s", Logging: "s"}
}

func text(s string) *inferencepb.ModelRepositoryParameter {
	return &inferencepb.ModelRepositoryParameter{ParameterChoice: &inferencepb.ModelRepositoryParameter_StringParam{StringParam: s}}
}

func flag(b bool) *inferencepb.ModelRepositoryParameter {
	return &inferencepb.ModelRepositoryParameter{ParameterChoice: &inferencepb.ModelRepositoryParameter_BoolParam{BoolParam: b}}
}

func traced(values ...string) *inferencepb.TraceSettingRequest_SettingValue {
	return &inferencepb.TraceSettingRequest_SettingValue{Value: values}
}

// TestR08ControlBodies: the bodies of Triton's extensions become their messages, as the table 2.4 of the protocol page has them and
// Triton 2.51 was seen to take them; an empty one is fine where Triton says so.
func TestR08ControlBodies(t *testing.T) {
	t.Parallel()
	s := &administered{}
	g := start(t, &catalog{models: models(), servers: map[string]server.Administrator{"s": s}}, opened)
	for _, tt := range []struct {
		method, path, body string
		want               proto.Message
	}{
		{"POST", "/v2/repository/models/echo/load", "", &inferencepb.RepositoryModelLoadRequest{ModelName: "echo"}},
		{"POST", "/v2/repository/models/echo/load", "{}", &inferencepb.RepositoryModelLoadRequest{ModelName: "echo"}},
		{"POST", "/v2/repository/models/echo/load", `{"unknown":[1],"parameters":null}`, &inferencepb.RepositoryModelLoadRequest{ModelName: "echo"}},
		{"POST", "/v2/repository/r/models/echo/load", "", &inferencepb.RepositoryModelLoadRequest{RepositoryName: "r", ModelName: "echo"}},
		{
			"POST", "/v2/repository/models/echo/load",
			`{"parameters":{"config":"{\"backend\":\"python\"}","file:1/model.py":"` + base64.StdEncoding.EncodeToString([]byte("\xff\x00")) + `","n":7}}`,
			&inferencepb.RepositoryModelLoadRequest{ModelName: "echo", Parameters: map[string]*inferencepb.ModelRepositoryParameter{
				"config":          text(`{"backend":"python"}`),
				"file:1/model.py": {ParameterChoice: &inferencepb.ModelRepositoryParameter_BytesParam{BytesParam: []byte("\xff\x00")}},
				"n":               {ParameterChoice: &inferencepb.ModelRepositoryParameter_Int64Param{Int64Param: 7}},
			}},
		},
		{"POST", "/v2/repository/models/echo/unload", "", &inferencepb.RepositoryModelUnloadRequest{ModelName: "echo"}},
		{
			"POST", "/v2/repository/models/echo/unload", `{"parameters":{"unload_dependents":true}}`,
			&inferencepb.RepositoryModelUnloadRequest{ModelName: "echo", Parameters: map[string]*inferencepb.ModelRepositoryParameter{"unload_dependents": flag(true)}},
		},
		{"GET", "/v2/trace/setting", "", &inferencepb.TraceSettingRequest{}},
		{"GET", "/v2/models/echo/trace/setting", "", &inferencepb.TraceSettingRequest{ModelName: "echo"}},
		{
			"POST", "/v2/models/echo/trace/setting", `{"trace_level":["OFF","TENSORS"],"trace_rate":"5","trace_count":null}`,
			&inferencepb.TraceSettingRequest{ModelName: "echo", Settings: map[string]*inferencepb.TraceSettingRequest_SettingValue{
				"trace_level": traced("OFF", "TENSORS"), "trace_rate": traced("5"), "trace_count": traced(),
			}},
		},
		{"GET", "/v2/logging", "", &inferencepb.LogSettingsRequest{}},
		{
			"POST", "/v2/logging", `{"log_info":false,"log_verbose_level":3,"log_format":"ISO8601","log_error":null}`,
			&inferencepb.LogSettingsRequest{Settings: map[string]*inferencepb.LogSettingsRequest_SettingValue{
				"log_info":          {ParameterChoice: &inferencepb.LogSettingsRequest_SettingValue_BoolParam{}},
				"log_verbose_level": {ParameterChoice: &inferencepb.LogSettingsRequest_SettingValue_Uint32Param{Uint32Param: 3}},
				"log_format":        {ParameterChoice: &inferencepb.LogSettingsRequest_SettingValue_StringParam{StringParam: "ISO8601"}},
			}},
		},
		{"GET", "/v2/systemsharedmemory/status", "", &inferencepb.SystemSharedMemoryStatusRequest{}},
		{"GET", "/v2/systemsharedmemory/region/a/status", "", &inferencepb.SystemSharedMemoryStatusRequest{Name: "a"}},
		{
			"POST", "/v2/systemsharedmemory/region/a/register", `{"key":"/k","offset":8,"byte_size":18446744073709551615}`,
			&inferencepb.SystemSharedMemoryRegisterRequest{Name: "a", Key: "/k", Offset: 8, ByteSize: 1<<64 - 1},
		},
		{"POST", "/v2/systemsharedmemory/region/a/unregister", "", &inferencepb.SystemSharedMemoryUnregisterRequest{Name: "a"}},
		{"POST", "/v2/systemsharedmemory/unregister", "", &inferencepb.SystemSharedMemoryUnregisterRequest{}},
		{"GET", "/v2/cudasharedmemory/status", "", &inferencepb.CudaSharedMemoryStatusRequest{}},
		{"GET", "/v2/cudasharedmemory/region/a/status", "", &inferencepb.CudaSharedMemoryStatusRequest{Name: "a"}},
		{
			"POST", "/v2/cudasharedmemory/region/a/register", `{"raw_handle":{"b64":"AAH/"},"device_id":1,"byte_size":64}`,
			&inferencepb.CudaSharedMemoryRegisterRequest{Name: "a", RawHandle: []byte{0, 1, 255}, DeviceId: 1, ByteSize: 64},
		},
		{"POST", "/v2/cudasharedmemory/region/a/unregister", "", &inferencepb.CudaSharedMemoryUnregisterRequest{Name: "a"}},
		{"POST", "/v2/cudasharedmemory/unregister", "", &inferencepb.CudaSharedMemoryUnregisterRequest{}},
	} {
		t.Run(tt.method+" "+tt.path+" "+tt.body, func(t *testing.T) {
			got := g.do(t, tt.method, tt.path, tt.body)
			if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
				t.Fatalf("status %d, headers %v: %s", got.status, got.header, got.body)
			}
			if diff := cmp.Diff(tt.want, s.told, protocmp.Transform()); diff != "" {
				t.Errorf("the server was told (-want +got):\n%s", diff)
			}
		})
	}
}

// TestR06ControlAnswers: what the model server says, in Triton's JSON; what changes something without an answer is 200 and empty.
func TestR06ControlAnswers(t *testing.T) {
	t.Parallel()
	s := &administered{}
	g := start(t, &catalog{models: models(), servers: map[string]server.Administrator{"s": s}}, opened)
	for _, tt := range []struct {
		method, path, body string
		reply              proto.Message
		want               string
	}{
		{"POST", "/v2/repository/models/echo/load", "", nil, ""},
		{"POST", "/v2/repository/models/echo/unload", "", nil, ""},
		{"POST", "/v2/systemsharedmemory/region/a/register", `{"key":"k","byte_size":1}`, nil, ""},
		{"POST", "/v2/systemsharedmemory/unregister", "", nil, ""},
		{"POST", "/v2/cudasharedmemory/region/a/unregister", "", nil, ""},
		{"GET", "/v2/systemsharedmemory/status", "", nil, "[]"},
		{"GET", "/v2/systemsharedmemory/status", "", &inferencepb.SystemSharedMemoryStatusResponse{
			Regions: map[string]*inferencepb.SystemSharedMemoryStatusResponse_RegionStatus{
				"b": {Name: "b", Key: "/k", Offset: 0, ByteSize: 1 << 63}, "a": {Name: "a"},
			},
		}, `[{"name":"a","key":"","offset":0,"byte_size":0},{"name":"b","key":"/k","offset":0,"byte_size":9223372036854775808}]`},
		{"GET", "/v2/cudasharedmemory/region/a/status", "", &inferencepb.CudaSharedMemoryStatusResponse{
			Regions: map[string]*inferencepb.CudaSharedMemoryStatusResponse_RegionStatus{"a": {Name: "a", DeviceId: 1, ByteSize: 64}},
		}, `[{"name":"a","device_id":1,"byte_size":64}]`},
		{"GET", "/v2/trace/setting", "", &inferencepb.TraceSettingResponse{
			Settings: map[string]*inferencepb.TraceSettingResponse_SettingValue{
				"trace_level": {Value: []string{"OFF"}}, "trace_rate": {Value: []string{"1000"}}, "trace_file": {},
			},
		}, `{"trace_file":"","trace_level":["OFF"],"trace_rate":"1000"}`},
		{"POST", "/v2/logging", "{}", &inferencepb.LogSettingsResponse{
			Settings: map[string]*inferencepb.LogSettingsResponse_SettingValue{
				"log_info":          {ParameterChoice: &inferencepb.LogSettingsResponse_SettingValue_BoolParam{}},
				"log_verbose_level": {ParameterChoice: &inferencepb.LogSettingsResponse_SettingValue_Uint32Param{}},
				"log_format":        {ParameterChoice: &inferencepb.LogSettingsResponse_SettingValue_StringParam{StringParam: "default"}},
			},
		}, `{"log_format":"default","log_info":false,"log_verbose_level":0}`},
		{"POST", "/v2/repository/index", "", nil, `[{"name":"echo","version":"1","state":"READY"},{"name":"unready","version":"1","state":"READY"}]`},
		{"POST", "/v2/repository/index", `{"ready":false}`, nil, `[{"name":"echo","version":"1","state":"READY"},{"name":"unready","version":"1","state":"READY"}]`},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			s.reply = tt.reply
			got := g.do(t, tt.method, tt.path, tt.body)
			if got.status != http.StatusOK || got.body != tt.want || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("status %d, headers %v: %s", got.status, got.header, got.body)
			}
		})
	}
}

// TestR05BadControlBodies: a body that is not what it should be is the client's fault, and Triton's own in exact mode; a call of a closed
// extension is refused before its body is looked at.
func TestR05BadControlBodies(t *testing.T) {
	t.Parallel()
	c := &catalog{models: models(), servers: map[string]server.Administrator{"s": &administered{}}}
	g := start(t, c, opened)
	exact := start(t, c, opened, strict)
	closed := start(t, c)
	for _, tt := range []struct {
		path, body string
		status     int // in exact mode
		want       string
	}{
		{"/v2/repository/index", `{"ready":"x"}`, 500, "Invalid value for 'ready': expected a boolean"},
		{"/v2/repository/index", `{`, 500, "the body is not a JSON object: unexpected end of JSON input"},
		{"/v2/repository/models/m/load", `{"parameters":5}`, 500, "Invalid value for 'parameters': expected an object"},
		{"/v2/repository/models/m/load", `{"parameters":{"config":5}}`, 500, "Invalid value for 'config': expected a string"},
		{"/v2/repository/models/m/load", `{"parameters":{"x":{}}}`, 400, `parameter "x" is neither a string nor a boolean nor an integer`},
		{"/v2/repository/models/m/load", `{"parameters":{"file:../../etc/passwd":""}}`, 400, `parameter "file:../../etc/passwd": the name of a file is its path in the model's folder, such as file:1/model.onnx`},
		{"/v2/repository/models/m/load", `{"parameters":{"file:/etc/passwd":""}}`, 400, `parameter "file:/etc/passwd": the name of a file is its path in the model's folder, such as file:1/model.onnx`},
		{"/v2/repository/models/m/load", `{"parameters":{"file:1/a":"%"}}`, 400, `parameter "file:1/a" is not in base64: illegal base64 data at input byte 0`},
		{"/v2/repository/models/m/unload", `{"parameters":{"unload_dependents":5}}`, 500, "Invalid value for 'unload_dependents': expected a boolean"},
		{"/v2/trace/setting", ``, 500, "the body is not a JSON object: unexpected end of JSON input"},
		{"/v2/trace/setting", `{"trace_rate":7}`, 500, "Invalid value for 'trace_rate': expected a string or an array of strings"},
		{"/v2/trace/setting", `{"trace_level":[7]}`, 500, "Invalid value for 'trace_level': expected strings"},
		{"/v2/logging", `{"log_verbose_level":-1}`, 500, "Invalid value for 'log_verbose_level': expected an unsigned integer"},
		{"/v2/logging", `{"log_info":1}`, 500, "Invalid value for 'log_info': expected a boolean"},
		{"/v2/systemsharedmemory/region/a/register", ``, 500, "the body is not a JSON object: unexpected end of JSON input"},
		{"/v2/systemsharedmemory/region/a/register", `{"offset":1}`, 500, "the body has no 'key'"},
		{"/v2/systemsharedmemory/region/a/register", `{"key":"k","offset":-1,"byte_size":4}`, 500, "Invalid value for 'offset': expected an unsigned integer"},
		{"/v2/cudasharedmemory/region/a/register", `{"raw_handle":{"b64":"%"},"device_id":0,"byte_size":4}`, 500, "Invalid value for 'b64': expected base64"},
	} {
		t.Run(tt.path+" "+tt.body, func(t *testing.T) {
			if got := g.do(t, http.MethodPost, tt.path, tt.body); got.status != http.StatusBadRequest || errorOf(t, got) != tt.want {
				t.Errorf("status %d: %s", got.status, got.body)
			}
			if got := exact.do(t, http.MethodPost, tt.path, tt.body); got.status != tt.status || errorOf(t, got) != tt.want {
				t.Errorf("exact: status %d, want %d: %s", got.status, tt.status, got.body)
			}
			if got := closed.do(t, http.MethodPost, tt.path, tt.body); tt.path != "/v2/repository/index" && got.status != http.StatusForbidden {
				t.Errorf("closed: status %d: %s", got.status, got.body)
			}
		})
	}
}

// TestR04StatisticsAndConfigurations: numbers are numbers, what is 0 is there, and Triton's configuration has no wrapper.
func TestR04StatisticsAndConfigurations(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: map[string]infer.Model{"echo": &model{}}})
	exact := start(t, &catalog{models: map[string]infer.Model{"echo": &model{}}}, strict)
	const zero = `{"count":0,"ns":0}`
	stats := `{"model_stats":[{"name":"NAME","version":"1","last_inference":0,"inference_count":0,"execution_count":0,"inference_stats":{"success":` + zero +
		`,"fail":` + zero + `,"queue":` + zero + `,"compute_input":` + zero + `,"compute_infer":` + zero + `,"compute_output":` + zero +
		`,"cache_hit":` + zero + `,"cache_miss":` + zero + `},"batch_stats":[],"memory_usage":[],"response_stats":{}}]}`
	for _, path := range []string{"/v2/models/stats", "/v2/models/echo/stats", "/v2/models/echo/versions/1/stats"} {
		got := g.do(t, http.MethodGet, path, "")
		if got.status != http.StatusOK || withoutNames(got.body) != stats {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
	}
	for path, want := range map[string]int{"/v2/models/nobody/stats": 404, "/v2/models/echo/versions/9/stats": 404, "/v2/models/nobody/config": 404} {
		if got := g.do(t, http.MethodGet, path, ""); got.status != want {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
	}
	for path, want := range map[string]int{"/v2/models/nobody/stats": 400, "/v2/models/nobody/config": 404, "/v2/models/nobody": 404} {
		if got := exact.do(t, http.MethodGet, path, ""); got.status != want {
			t.Errorf("exact: %s: status %d: %s", path, got.status, got.body)
		}
	}
	for _, path := range []string{"/v2/models/echo/config", "/v2/models/echo/versions/1/config"} {
		got := g.do(t, http.MethodGet, path, "")
		if got.status != http.StatusOK || !containsAll(got.body, `"max_batch_size":0`, `"dims":[-1,1152921504606846976]`, `"data_type":"TYPE_STRING"`,
			`"model_transaction_policy":{"decoupled":false}`, `"version_policy":{"latest":{"num_versions":1}}`) {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
	}
}
