package transparency

import (
	"net/http"
	"strings"
)

// named are REST requests by name.
type named map[string]rest

func (n named) operations(kind string) []Operation {
	all := make([]Operation, 0, len(n))
	for name, r := range n {
		all = append(all, r.operation(kind+"/"+name))
	}
	return all
}

const (
	sixteen = "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"
	ones    = "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"
)

// simpleInputs are those of simple for a batch of one.
func simpleInputs() string {
	return input("INPUT0", "INT32", "[1,16]", sixteen) + "," + input("INPUT1", "INT32", "[1,16]", ones)
}

func wholeSimple(more string) rest { return infers("simple", simpleInputs(), more) }

// answers are requests that a server answers.
func answers() []Operation {
	return named{
		"simple":                  wholeSimple(""),
		"id":                      wholeSimple(`"id":"a request"`),
		"empty id":                wholeSimple(`"id":""`),
		"nested data":             infers("simple", input("INPUT0", "INT32", "[1,16]", "["+sixteen+"]")+","+input("INPUT1", "INT32", "[1,16]", ones), ""),
		"nested unlike its shape": infers("identity", input("INT32", "INT32", "[4]", "[[1,2],[3,4]]"), ""),
		"batch of two":            infers("vector_fp32", input("INPUT0", "FP32", "[2,2]", "[1,2,3,4]"), ""),
		"full batch":              infers("vector_fp32", input("INPUT0", "FP32", "[8,1]", "[1,2,3,4,5,6,7,8]"), ""),
		"int8":                    infers("simple_int8", input("INPUT0", "INT8", "[1,16]", sixteen)+","+input("INPUT1", "INT8", "[1,16]", ones), ""),
		"string":                  infers("simple_string", input("INPUT0", "BYTES", "[1,16]", quoted(sixteen))+","+input("INPUT1", "BYTES", "[1,16]", quoted(ones)), ""),
		"ensemble":                infers("chain", simpleInputs(), `"id":"e"`),
		"version":                 rest{path: "/v2/models/simple/versions/1/infer", body: body(simpleInputs(), "")},
		"version 1 of two":        rest{path: "/v2/models/two/versions/1/infer", body: body(input("ANY", "INT32", "[1]", "[0]"), "")},
		"version 2 of two":        rest{path: "/v2/models/two/versions/2/infer", body: body(input("ANY", "INT32", "[1]", "[0]"), "")},
		"latest of two":           infers("two", input("ANY", "INT32", "[1]", "[0]"), ""),
		"query string":            rest{path: inferPath("simple") + "?a=b&c", body: body(simpleInputs(), "")},
		"unknown keys":            wholeSimple(`"model_name":"x","more":{"a":[null]},"inputs2":[]`),
		"no content type":         wholeSimple(""),
		"content type form":       wholeSimple("").with("Content-Type", "application/x-www-form-urlencoded"),
		"content type octets":     wholeSimple("").with("Content-Type", "application/octet-stream"),
		"content type text":       wholeSimple("").with("Content-Type", "text/plain; charset=utf-8"),
		"chunked":                 rest{path: inferPath("simple"), body: body(simpleInputs(), ""), chunked: true},
		"byte order mark":         rest{path: inferPath("simple"), body: append([]byte("\xef\xbb\xbf"), body(simpleInputs(), "")...)},
		"blank around":            rest{path: inferPath("simple"), body: []byte("\n\t " + string(body(simpleInputs(), "")) + "\r\n ")},
		"empty":                   infers("identity", input("FP32", "FP32", "[0]", "[]"), ""),
		"two empty dims":          infers("identity_fp32", input("INPUT0", "FP32", "[0,3]", "[]"), ""),
		"data beside an empty":    infers("identity", input("FP32", "FP32", "[0]", "[1,2]"), ""),
		"empty bytes":             infers("identity_bytes", input("INPUT0", "BYTES", "[0]", "[]"), ""),
		"none of the optional":    infers("identity", "", ""),
		"two of the optional":     infers("identity", input("INT8", "INT8", "[1]", "[1]")+","+input("BOOL", "BOOL", "[1]", "[true]"), ""),
		"inputs in another order": infers("simple", input("INPUT1", "INT32", "[1,16]", ones)+","+input("INPUT0", "INT32", "[1,16]", sixteen), ""),
		"numbers":                 infers("identity", input("FP32", "FP32", "[9]", "[1,1.0,1e0,-0,-0.0,1E-45,3.4028235e38,0.1,16777217]"), ""),
		"doubles":                 infers("identity", input("FP64", "FP64", "[7]", "[1,1.0,-0.0,5e-324,0.1,9007199254740993,1.7976931348623157e308]"), ""),
		"NaN":                     infers("identity", input("FP32", "FP32", "[5]", "[NaN,Infinity,-Infinity,Inf,-Inf]"), ""),
		"too large for FP32":      infers("identity", input("FP32", "FP32", "[2]", "[1e39,-1e39]"), ""),
		"escapes":                 infers("identity_bytes", input("INPUT0", "BYTES", "[3]", `["\u00fc\ud83d\ude00","\"\\\/\b\f\n\r\t","\u0000"]`), ""),
		"text that is not UTF-8":  infers("identity_bytes", input("INPUT0", "BYTES", "[1]", "[\"\xff\"]"), ""),
		"nested 99 deep":          infers("identity_bytes", input("INPUT0", "BYTES", "[1]", strings.Repeat("[", 90)+`"a"`+strings.Repeat("]", 90)), ""),
		"extremes":                infers("extremes", input("ANY", "INT32", "[1]", "[0]"), outputs("FP32", "FP64", "UINT64", "INT64", "TEXT", "NONE")),
		"half in JSON":            infers("extremes", input("ANY", "INT32", "[1]", "[0]"), outputs("HALF")),
		"binary text in JSON":     infers("extremes", input("ANY", "INT32", "[1]", "[0]"), outputs("BINARY")),
		"duplicate keys":          rest{path: inferPath("identity"), body: []byte(`{"id":"a","id":"b","inputs":[` + input("INT8", "INT8", "[1]", "[1]") + `]}`)},
	}.operations("infer")
}

// quoted is an array of numbers as one of texts.
func quoted(numbers string) string {
	return `["` + strings.ReplaceAll(strings.Trim(numbers, "[]"), ",", `","`) + `"]`
}

// outputs asks for outputs by name.
func outputs(names ...string) string {
	return `"outputs":[{"name":"` + strings.Join(names, `"},{"name":"`) + `"}]`
}

// selections are requests that say which outputs they want, and how.
func selections() []Operation {
	ask := wholeSimple
	one := func(name, parameters string) string {
		return `{"name":"` + name + `","parameters":{` + parameters + `}}`
	}
	list := func(all ...string) string { return `"outputs":[` + strings.Join(all, ",") + `]` }
	scores := input("INPUT0", "FP32", "[2,4]", "[0.1,0.4,0.3,0.2,5,4,3,2]")
	return named{
		"one":                     ask(outputs("OUTPUT1")),
		"in another order":        ask(outputs("OUTPUT1", "OUTPUT0")),
		"none in a list":          ask(`"outputs":[]`),
		"twice":                   ask(outputs("OUTPUT0", "OUTPUT0")),
		"unknown":                 ask(outputs("OUTPUT9")),
		"nameless":                ask(`"outputs":[{}]`),
		"no array":                ask(`"outputs":{}`),
		"binary":                  ask(list(one("OUTPUT0", `"binary_data":true`))),
		"binary and JSON":         ask(list(one("OUTPUT0", `"binary_data":true`), one("OUTPUT1", `"binary_data":false`))),
		"binary second":           ask(list(`{"name":"OUTPUT0"}`, one("OUTPUT1", `"binary_data":true`))),
		"all binary":              ask(`"parameters":{"binary_data_output":true}`),
		"all binary but listed":   ask(`"parameters":{"binary_data_output":true},` + outputs("OUTPUT0")),
		"all binary but one":      ask(`"parameters":{"binary_data_output":true},` + list(one("OUTPUT0", `"binary_data":false`), `{"name":"OUTPUT1"}`)),
		"all JSON":                ask(`"parameters":{"binary_data_output":false}`),
		"binary is no boolean":    ask(list(one("OUTPUT0", `"binary_data":1`))),
		"all binary no boolean":   ask(`"parameters":{"binary_data_output":"yes"}`),
		"unknown parameter":       ask(list(one("OUTPUT0", `"colour":"red"`))),
		"empty binary":            infers("identity", input("FP32", "FP32", "[0]", "[]"), list(one("OUT_FP32", `"binary_data":true`))),
		"extremes binary":         infers("extremes", input("ANY", "INT32", "[1]", "[0]"), `"parameters":{"binary_data_output":true}`),
		"classes":                 infers("label", scores, list(one("OUTPUT0", `"classification":2`))),
		"all classes":             infers("label", scores, list(one("OUTPUT0", `"classification":4`))),
		"more classes than are":   infers("label", scores, list(one("OUTPUT0", `"classification":9`))),
		"classes off":             infers("label", scores, list(one("OUTPUT0", `"classification":0`))),
		"classes binary":          infers("label", scores, list(one("OUTPUT0", `"classification":2,"binary_data":true`))),
		"classes not binary":      infers("label", scores, list(one("OUTPUT0", `"classification":2,"binary_data":false`))),
		"classes all binary":      infers("label", scores, `"parameters":{"binary_data_output":true},`+list(one("OUTPUT0", `"classification":2`))),
		"classes is a text":       infers("label", scores, list(one("OUTPUT0", `"classification":"2"`))),
		"classes negative":        infers("label", scores, list(one("OUTPUT0", `"classification":-1`))),
		"classes of integers":     ask(list(one("OUTPUT0", `"classification":3`))),
		"classes without batch":   infers("identity_fp32", input("INPUT0", "FP32", "[2,3]", "[1,3,2,9,8,7]"), list(one("OUTPUT0", `"classification":2`))),
		"classes of equal values": infers("label", input("INPUT0", "FP32", "[1,4]", "[1,1,1,1]"), list(one("OUTPUT0", `"classification":4`))),
		"classes of NaN":          infers("label", input("INPUT0", "FP32", "[1,4]", "[1,-Infinity,Infinity,0]"), list(one("OUTPUT0", `"classification":4`))),
		"classes through chain":   infers("chain", simpleInputs(), list(one("OUTPUT0", `"classification":1`))),
		"shared memory":           ask(list(one("OUTPUT0", `"shared_memory_region":"none","shared_memory_byte_size":64`))),
		"shared memory and bytes": ask(list(one("OUTPUT0", `"shared_memory_region":"none","shared_memory_byte_size":64,"binary_data":true`))),
	}.operations("outputs")
}

// asides are requests with parameters, to a model that answers what came.
func asides() []Operation {
	ask := func(parameters string) rest {
		return infers("parameters", input("ANY", "INT32", "[1]", "[0]"), `"id":"p","parameters":{`+parameters+`}`)
	}
	return named{
		"none":                  infers("parameters", input("ANY", "INT32", "[1]", "[0]"), ""),
		"empty":                 ask(""),
		"text":                  ask(`"a":"b","ü":"\u00fc\n"`),
		"numbers":               ask(`"i":1,"n":-1,"big":9223372036854775807,"z":0`),
		"doubles":               ask(`"d":0.5,"e":1e3,"one":1.0`),
		"booleans":              ask(`"t":true,"f":false`),
		"object":                ask(`"o":{"a":1}`),
		"array":                 ask(`"o":[1]`),
		"null":                  ask(`"o":null`),
		"too large a number":    ask(`"u":18446744073709551615`),
		"priority":              ask(`"priority":1`),
		"priority text":         ask(`"priority":"1"`),
		"negative priority":     ask(`"priority":-1`),
		"timeout":               ask(`"timeout":1000000`),
		"timeout text":          ask(`"timeout":"1"`),
		"sequence":              ask(`"sequence_id":7,"sequence_start":true,"sequence_end":true`),
		"sequence text":         ask(`"sequence_id":"seven","sequence_start":true`),
		"sequence of a double":  ask(`"sequence_id":1.5`),
		"sequence of a boolean": ask(`"sequence_id":true`),
		"start is no boolean":   ask(`"sequence_start":1`),
		"reserved":              ask(`"triton_enable_empty_final_response":true`),
		"reserved and unknown":  ask(`"triton_anything":1`),
		"headers":               ask(`"headers":"x"`),
		"final response":        ask(`"triton_final_response":true`),
		"binary output":         ask(`"binary_data_output":true,"kept":1`),
		"no object":             infers("parameters", input("ANY", "INT32", "[1]", "[0]"), `"parameters":[]`),
		"of an input":           infers("parameters", `{"name":"ANY","datatype":"INT32","shape":[1],"data":[0],"parameters":{"content_type":"np"}}`, ""),
		"id of an ensemble":     infers("chain", simpleInputs(), `"id":"x","parameters":{"custom":"y"}`),
		"id is a number":        infers("parameters", input("ANY", "INT32", "[1]", "[0]"), `"id":1`),
	}.operations("parameters")
}

// broken are requests that a server refuses.
func broken() []Operation {
	in := func(text string) rest { return infers("identity", text, "") }
	post := func(text string) rest { return rest{path: inferPath("simple"), body: []byte(text)} }
	return named{
		"not JSON":               post("x"),
		"cut JSON":               post(`{"inputs":[`),
		"array":                  post("[]"),
		"number":                 post("1"),
		"null":                   post("null"),
		"empty object":           post("{}"),
		"inputs null":            post(`{"inputs":null}`),
		"inputs object":          post(`{"inputs":{}}`),
		"inputs of numbers":      post(`{"inputs":[1]}`),
		"more behind":            post(string(body(simpleInputs(), "")) + "x"),
		"another behind":         post(string(body(simpleInputs(), "")) + "{}"),
		"unknown model":          infers("nobody", simpleInputs(), ""),
		"unknown version":        rest{path: "/v2/models/simple/versions/9/infer", body: body(simpleInputs(), "")},
		"version is no number":   rest{path: "/v2/models/simple/versions/x/infer", body: body(simpleInputs(), "")},
		"version zero":           rest{path: "/v2/models/simple/versions/0/infer", body: body(simpleInputs(), "")},
		"model does not load":    infers("broken", input("ANY", "INT32", "[1]", "[0]"), ""),
		"decoupled":              infers("repeat", input("IN", "INT32", "[1]", "[0]"), ""),
		"missing input":          infers("simple", input("INPUT0", "INT32", "[1,16]", sixteen), ""),
		"no inputs":              infers("simple", "", ""),
		"unknown input":          infers("simple", simpleInputs()+","+input("INPUT9", "INT32", "[1,16]", ones), ""),
		"input twice":            in(input("INT8", "INT8", "[1]", "[1]") + "," + input("INT8", "INT8", "[1]", "[2]")),
		"wrong datatype":         infers("simple", input("INPUT0", "INT64", "[1,16]", sixteen)+","+input("INPUT1", "INT32", "[1,16]", ones), ""),
		"unknown datatype":       in(input("INT8", "INT9", "[1]", "[1]")),
		"small datatype":         in(input("INT8", "int8", "[1]", "[1]")),
		"configured datatype":    in(input("INT8", "TYPE_INT8", "[1]", "[1]")),
		"empty datatype":         in(input("INT8", "", "[1]", "[1]")),
		"nameless":               in(`{"datatype":"INT8","shape":[1],"data":[1]}`),
		"empty name":             in(input("", "INT8", "[1]", "[1]")),
		"without datatype":       in(`{"name":"INT8","shape":[1],"data":[1]}`),
		"without shape":          in(`{"name":"INT8","datatype":"INT8","data":[1]}`),
		"without data":           in(`{"name":"INT8","datatype":"INT8","shape":[1]}`),
		"data null":              in(input("INT8", "INT8", "[1]", "null")),
		"data scalar":            in(input("INT8", "INT8", "[1]", "1")),
		"data object":            in(input("INT8", "INT8", "[1]", "{}")),
		"shape null":             in(input("INT8", "INT8", "null", "[1]")),
		"shape text":             in(input("INT8", "INT8", `["1"]`, "[1]")),
		"shape double":           in(input("INT8", "INT8", "[1.0]", "[1]")),
		"shape scalar":           in(input("INT8", "INT8", "1", "[1]")),
		"shape negative":         in(input("INT8", "INT8", "[-1]", "[1]")),
		"shape empty":            in(input("INT8", "INT8", "[]", "[1]")),
		"wrong rank":             in(input("INT8", "INT8", "[1,1]", "[1]")),
		"wrong dim":              infers("fixed_fp32", input("INPUT0", "FP32", "[3,2]", "[1,2,3,4,5,6]"), ""),
		"too few":                in(input("INT8", "INT8", "[3]", "[1,2]")),
		"too many":               in(input("INT8", "INT8", "[1]", "[1,2]")),
		"ragged":                 in(input("INT8", "INT8", "[2,2]", "[[1],[2,3]]")),
		"too few texts":          infers("identity_bytes", input("INPUT0", "BYTES", "[2]", `["a"]`), ""),
		"too many texts":         infers("identity_bytes", input("INPUT0", "BYTES", "[1]", `["a","b"]`), ""),
		"batch too large":        infers("vector_fp32", input("INPUT0", "FP32", "[9,1]", "[1,2,3,4,5,6,7,8,9]"), ""),
		"batches of two sizes":   infers("simple", input("INPUT0", "INT32", "[1,16]", sixteen)+","+input("INPUT1", "INT32", "[2,16]", "["+ones+","+ones+"]"), ""),
		"text for a number":      in(input("INT8", "INT8", "[1]", `["1"]`)),
		"number for a text":      infers("identity_bytes", input("INPUT0", "BYTES", "[1]", "[1]"), ""),
		"number for a boolean":   in(input("BOOL", "BOOL", "[1]", "[1]")),
		"boolean for a number":   in(input("INT8", "INT8", "[1]", "[true]")),
		"null for a number":      in(input("INT8", "INT8", "[1]", "[null]")),
		"null for a float":       in(input("FP32", "FP32", "[1]", "[null]")),
		"double for an integer":  in(input("INT32", "INT32", "[1]", "[1.0]")),
		"exponent as an integer": in(input("INT32", "INT32", "[1]", "[1e2]")),
		"fraction as an integer": in(input("INT32", "INT32", "[1]", "[1.5]")),
		"negative unsigned":      in(input("UINT8", "UINT8", "[1]", "[-1]")),
		"beyond UINT8":           in(input("UINT8", "UINT8", "[1]", "[256]")),
		"beyond INT8":            in(input("INT8", "INT8", "[1]", "[128]")),
		"beyond INT64":           in(input("INT64", "INT64", "[1]", "[9223372036854775808]")),
		"beyond UINT64":          in(input("UINT64", "UINT64", "[1]", "[18446744073709551616]")),
		"beyond a double":        in(input("FP32", "FP32", "[1]", "[1e309]")),
		"leading zero":           in(input("INT32", "INT32", "[1]", "[01]")),
		"plus":                   in(input("INT32", "INT32", "[1]", "[+1]")),
		"trailing comma":         in(input("INT32", "INT32", "[1]", "[1,]")),
		"comment":                post("/* */" + string(body(simpleInputs(), ""))),
		"single quotes":          post(`{'inputs':[]}`),
		"half":                   in(input("FP16", "FP16", "[1]", "[1.0]")),
		"control in a text":      infers("identity_bytes", input("INPUT0", "BYTES", "[1]", "[\"\n\"]"), ""),
		"lone surrogate":         infers("identity_bytes", input("INPUT0", "BYTES", "[1]", `["\ud800"]`), ""),
		"nested 101 deep":        infers("identity_bytes", input("INPUT0", "BYTES", "[1]", strings.Repeat("[", 200)+`"a"`+strings.Repeat("]", 200)), ""),
		"data and binary size":   in(`{"name":"INT8","datatype":"INT8","shape":[1],"data":[1],"parameters":{"binary_data_size":1}}`),
		"data and shared memory": in(`{"name":"INT8","datatype":"INT8","shape":[1],"data":[1],"parameters":{"shared_memory_region":"r","shared_memory_byte_size":1}}`),
		"shared memory":          in(`{"name":"INT8","datatype":"INT8","shape":[1],"parameters":{"shared_memory_region":"r","shared_memory_byte_size":1}}`),
		"parameters no object":   in(`{"name":"INT8","datatype":"INT8","shape":[1],"data":[1],"parameters":1}`),
		"get":                    {method: http.MethodGet, path: inferPath("simple")},
		"put":                    {method: http.MethodPut, path: inferPath("simple"), body: body(simpleInputs(), "")},
		"delete":                 {method: http.MethodDelete, path: inferPath("simple")},
		"trailing slash":         {path: inferPath("simple") + "/", body: body(simpleInputs(), "")},
		"unknown verb":           {path: "/v2/models/simple/inference", body: body(simpleInputs(), "")},
	}.operations("refused")
}
