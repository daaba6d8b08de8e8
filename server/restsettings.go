package server

import (
	"encoding/json"
	"net/http"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// settingRoutes are the trace and logging extensions: GET asks, POST changes and answers with all settings.
// Source: Triton, "Trace Extension" and "Logging Extension".
func (e *rest) settingRoutes() []route {
	trace := controlCall{rpc: "TraceSetting", request: traceRequest, reply: &inferencepb.TraceSettingResponse{}, answer: traceAnswer, bodied: true}
	log := controlCall{rpc: "LogSettings", request: logRequest, reply: &inferencepb.LogSettingsResponse{}, answer: logAnswer, bodied: true}
	var all []route
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		all = append(all,
			route{method, "/v2/trace/setting", e.control(trace)},
			route{method, "/v2/models/{name}/trace/setting", e.control(trace)},
			route{method, "/v2/logging", e.control(log)},
		)
	}
	return all
}

func traceRequest(path map[string]string, body object) (proto.Message, error) {
	req := &inferencepb.TraceSettingRequest{ModelName: path["name"], Settings: map[string]*inferencepb.TraceSettingRequest_SettingValue{}}
	for key, text := range body {
		value := &inferencepb.TraceSettingRequest_SettingValue{}
		switch {
		case isNull(text): // without values: what it was at the start
		case text[0] == '[':
			if err := take(body, key, "strings", &value.Value); err != nil {
				return nil, err
			}
		default:
			value.Value = make([]string, 1)
			if err := take(body, key, "a string or an array of strings", &value.Value[0]); err != nil {
				return nil, err
			}
		}
		req.Settings[key] = value
	}
	return req, nil
}

// traceAnswer writes a setting as its one value; only levels are many.
func traceAnswer(reply proto.Message) []byte {
	settings := map[string]any{}
	for key, value := range reply.(*inferencepb.TraceSettingResponse).GetSettings() {
		switch values := value.GetValue(); {
		case key == "trace_level", len(values) > 1:
			settings[key] = append([]string{}, values...)
		case len(values) == 1:
			settings[key] = values[0]
		default:
			settings[key] = ""
		}
	}
	return mustEncode(settings)
}

func logRequest(_ map[string]string, body object) (proto.Message, error) {
	req := &inferencepb.LogSettingsRequest{Settings: map[string]*inferencepb.LogSettingsRequest_SettingValue{}}
	for key, text := range body.withoutNulls() {
		value, err := logSetting(body, key, text)
		if err != nil {
			return nil, err
		}
		req.Settings[key] = value
	}
	return req, nil
}

func logSetting(body object, key string, text json.RawMessage) (*inferencepb.LogSettingsRequest_SettingValue, error) {
	var flag bool
	var level uint32
	var name string
	value := &inferencepb.LogSettingsRequest_SettingValue{}
	var err error
	switch kind := kindOfLogSetting(key, text); kind {
	case aBoolean:
		err = take(body, key, kind, &flag)
		value.ParameterChoice = &inferencepb.LogSettingsRequest_SettingValue_BoolParam{BoolParam: flag}
	case unsigned:
		err = take(body, key, kind, &level)
		value.ParameterChoice = &inferencepb.LogSettingsRequest_SettingValue_Uint32Param{Uint32Param: level}
	default:
		err = take(body, key, kind, &name)
		value.ParameterChoice = &inferencepb.LogSettingsRequest_SettingValue_StringParam{StringParam: name}
	}
	return value, err
}

// kindOfLogSetting is what a known setting has to be, and what an unknown one is.
func kindOfLogSetting(key string, text json.RawMessage) string {
	switch key {
	case "log_info", "log_warning", "log_error":
		return aBoolean
	case "log_verbose_level":
		return unsigned
	case "log_file", "log_format":
		return aString
	}
	switch text[0] {
	case 't', 'f':
		return aBoolean
	case '"':
		return aString
	}
	return unsigned
}

func logAnswer(reply proto.Message) []byte {
	settings := map[string]any{}
	for key, value := range reply.(*inferencepb.LogSettingsResponse).GetSettings() {
		switch v := value.GetParameterChoice().(type) {
		case *inferencepb.LogSettingsResponse_SettingValue_BoolParam:
			settings[key] = v.BoolParam
		case *inferencepb.LogSettingsResponse_SettingValue_Uint32Param:
			settings[key] = v.Uint32Param
		case *inferencepb.LogSettingsResponse_SettingValue_StringParam:
			settings[key] = v.StringParam
		}
	}
	return mustEncode(settings)
}
