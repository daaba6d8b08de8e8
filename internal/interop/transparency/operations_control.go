package transparency

import (
	"net/http"
	"strings"
)

// controls are the REST endpoints beside inference.
func controls() []Operation {
	get := func(path string) rest { return rest{path: path} }
	post := func(path, text string) rest { return rest{method: http.MethodPost, path: path, body: []byte(text)} }
	all := named{
		"server":                   get("/v2"),
		"server slash":             get("/v2/"),
		"server post":              post("/v2", ""),
		"live":                     get("/v2/health/live"),
		"ready":                    get("/v2/health/ready"),
		"health":                   get("/v2/health"),
		"live post":                post("/v2/health/live", ""),
		"root":                     get("/"),
		"nothing":                  get("/v2/nothing"),
		"another version":          get("/v3"),
		"ready version":            get("/v2/models/simple/versions/1/ready"),
		"ready of no version":      get("/v2/models/simple/versions/9/ready"),
		"ready of a text":          get("/v2/models/simple/versions/x/ready"),
		"ready post":               post("/v2/models/simple/ready", ""),
		"metadata version":         get("/v2/models/two/versions/1"),
		"metadata of no version":   get("/v2/models/two/versions/9"),
		"metadata of a text":       get("/v2/models/two/versions/x"),
		"metadata post":            post("/v2/models/simple", ""),
		"metadata slash":           get("/v2/models/simple/"),
		"metadata escaped":         get("/v2/models/s%69mple"),
		"metadata unknown escaped": get("/v2/models/a%20b"),
		"config version":           get("/v2/models/two/versions/2/config"),
		"config of no version":     get("/v2/models/two/versions/9/config"),
		"config post":              post("/v2/models/simple/config", ""),
		"index":                    post("/v2/repository/index", ""),
		"index all":                post("/v2/repository/index", `{"ready":false}`),
		"index ready":              post("/v2/repository/index", `{"ready":true}`),
		"index empty":              post("/v2/repository/index", "{}"),
		"index number":             post("/v2/repository/index", `{"ready":1}`),
		"index not JSON":           post("/v2/repository/index", "x"),
		"index get":                get("/v2/repository/index"),
		"index of a repository":    post("/v2/repository/r/index", ""),
	}.operations("control")
	for _, model := range []string{
		"simple", "simple_string", "identity", "identity_batched", "identity_fp32", "label", "chain", "two", "repeat", "llm", "sequence",
		"sequence_text", "extremes", "broken", "nobody",
	} {
		for _, what := range []string{"", "ready", "config"} {
			path := strings.TrimSuffix("/v2/models/"+model+"/"+what, "/")
			all = append(all, get(path).operation("control/"+model+"/"+what))
		}
	}
	return all
}

// closed are endpoints that are off unless they are opened.
func closed() []Operation {
	get := func(path string) rest { return rest{path: path} }
	post := func(path, text string) rest { return rest{method: http.MethodPost, path: path, body: []byte(text)} }
	return named{
		"load":              post("/v2/repository/models/simple/load", ""),
		"unload":            post("/v2/repository/models/simple/unload", ""),
		"system status":     get("/v2/systemsharedmemory/status"),
		"system register":   post("/v2/systemsharedmemory/region/r/register", `{"key":"/k","offset":0,"byte_size":1}`),
		"system unregister": post("/v2/systemsharedmemory/unregister", ""),
		"cuda status":       get("/v2/cudasharedmemory/status"),
		"cuda unregister":   post("/v2/cudasharedmemory/unregister", ""),
		"trace":             get("/v2/trace/setting"),
		"trace of a model":  get("/v2/models/simple/trace/setting"),
		"logging":           get("/v2/logging"),
	}.operations("closed")
}

// generations are generate and generate_stream.
func generations() []Operation {
	n := named{}
	for _, verb := range []string{"generate", "generate_stream"} {
		add := func(name, model, text string) {
			n[verb+"/"+name] = rest{path: "/v2/models/" + model + "/" + verb, body: []byte(text)}
		}
		add("one", "llm", `{"PROMPT":"hello"}`)
		add("in an array", "llm", `{"PROMPT":["hello"]}`)
		add("two prompts", "llm", `{"PROMPT":["hello","you"]}`)
		add("id", "llm", `{"id":"g","PROMPT":"hello"}`)
		add("three", "llm", `{"PROMPT":"hello","REPETITION":3}`)
		add("none", "llm", `{"PROMPT":"hello","REPETITION":0}`)
		add("empty text", "llm", `{"PROMPT":""}`)
		add("escapes", "llm", `{"PROMPT":"\u00fc\n\n\"data: x"}`)
		add("no elements", "llm", `{"PROMPT":"hello","OUTPUT_0_DIM":1}`)
		add("fails last", "llm", `{"PROMPT":"hello","REPETITION":3,"FAIL_LAST":true}`)
		add("fails first", "llm", `{"PROMPT":"hello","REPETITION":1,"FAIL_LAST":true}`)
		add("parameters", "llm", `{"PROMPT":"hello","parameters":{"a":1,"b":"c"}}`)
		add("other scalars", "llm", `{"PROMPT":"hello","temperature":0.5,"stream":true,"x":"y"}`)
		add("nested", "llm", `{"PROMPT":"hello","more":{"a":1}}`)
		add("model keys", "llm", `{"PROMPT":"hello","model_name":"x","model_version":"7"}`)
		add("without the prompt", "llm", `{"REPETITION":1}`)
		add("nothing", "llm", `{}`)
		add("empty", "llm", ``)
		add("not JSON", "llm", `x`)
		add("array", "llm", `[]`)
		add("null prompt", "llm", `{"PROMPT":null}`)
		add("number for a text", "llm", `{"PROMPT":1}`)
		add("text for a number", "llm", `{"PROMPT":"a","REPETITION":"1"}`)
		add("double for a number", "llm", `{"PROMPT":"a","REPETITION":1.5}`)
		add("nested array", "llm", `{"PROMPT":[["a"]]}`)
		add("ordinary model", "identity", `{"INT32":[1,2,3],"FP64":[0.5],"STRING":"a","BOOL":true}`)
		add("ordinary scalars", "identity", `{"INT64":-9223372036854775808,"UINT64":18446744073709551615,"FP32":1e-3}`)
		add("half", "identity", `{"FP16":[1]}`)
		add("batched", "vector_fp32", `{"INPUT0":[1,2]}`)
		add("versions", "two", `{"ANY":0}`)
		add("extremes", "extremes", `{"ANY":0}`)
		add("parameters echoed", "parameters", `{"ANY":0,"id":"x","a":1,"b":0.5,"c":true,"d":"e"}`)
		add("ensemble", "chain", `{"INPUT0":`+sixteen+`,"INPUT1":`+ones+`}`)
		add("model fails", "fail", `{"CODE":"INTERNAL"}`)
		add("model is unavailable", "fail", `{"CODE":"UNAVAILABLE"}`)
		add("unknown model", "nobody", `{"PROMPT":"hello"}`)
		add("model does not load", "broken", `{"ANY":0}`)
		n[verb+"/get"] = rest{path: "/v2/models/llm/" + verb}
		n[verb+"/version"] = rest{path: "/v2/models/two/versions/1/" + verb, body: []byte(`{"ANY":0}`)}
		n[verb+"/no such version"] = rest{path: "/v2/models/two/versions/9/" + verb, body: []byte(`{"ANY":0}`)}
		n[verb+"/gzip"] = rest{path: "/v2/models/llm/" + verb, body: gzipped([]byte(`{"PROMPT":"a"}`))}.with("Content-Encoding", "gzip")
		n[verb+"/decoupled"] = rest{path: "/v2/models/repeat/" + verb, body: []byte(`{"IN":[1,-2,3]}`)}
	}
	return n.operations("generate")
}

// failures are errors of a model.
func failures() []Operation {
	n := named{}
	for _, code := range codes() {
		n[code] = infers("fail", input("CODE", "BYTES", "[1]", `["`+code+`"]`), "")
	}
	return n.operations("fails")
}

// codes are Triton's.
func codes() []string {
	return []string{"UNKNOWN", "INTERNAL", "NOT_FOUND", "INVALID_ARG", "UNAVAILABLE", "UNSUPPORTED", "ALREADY_EXISTS", "CANCELLED", "EXCEPTION"}
}
