package tensorjson_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tensorjson"
)

// one is a request of one input with those members behind its name.
func one(members string) string { return `{"inputs":[{"name":"x",` + members + `}]}` }

// of is a request of one input with that datatype and data.
func of(datatype, data string) string {
	return one(`"shape":[1],"datatype":"` + datatype + `","data":[` + data + `]`)
}

func repeat(n int, entry func(i int) string) string {
	var all []string
	for i := range n {
		all = append(all, entry(i))
	}
	return strings.Join(all, ",")
}

func TestR12Refusals(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 98) + strings.Repeat("]", 98)
	tests := []struct{ name, body, want string }{
		{"empty", "", `the body is empty; send a JSON object with "inputs"`},
		{"blank", " \n", `the body is empty; send a JSON object with "inputs"`},
		{"array", "[]", `invalid JSON at byte 0: [ instead of an object`},
		{"cut", `{"inputs":[`, `input 0: the JSON ends at byte 11, where an object should be`},
		{"no inputs", `{"id":"1"}`, `the body has no "inputs"`},
		{"null inputs", `{"inputs":null}`, `the body has no "inputs"`},
		{"inputs object", `{"inputs":{}}`, `invalid JSON at byte 10: { instead of an array`},
		{"trailing", `{"inputs":[]} x`, `invalid JSON at byte 14: x instead of the end of the body`},
		{"second document", `{"inputs":[]}{}`, `invalid JSON at byte 13: { instead of the end of the body`},
		{"trailing comma", `{"inputs":[],}`, `invalid JSON at byte 13: } instead of a key in double quotes`},
		{"bare key", `{inputs:[]}`, `invalid JSON at byte 1: inputs instead of a key in double quotes`},
		{"no colon", `{"inputs" []}`, `invalid JSON at byte 10: [ instead of ':'`},
		{"no comma", `{"inputs":[] "id":"x"}`, `invalid JSON at byte 13: "id" instead of ',' or '}'`},
		{"word", `{"a":nul,"inputs":[]}`, `invalid JSON at byte 5: nul instead of a value`},
		{"control in token", "{\"a\":\x01\xff,\"inputs\":[]}", `invalid JSON at byte 5: "\x01\xff" instead of a value`},
		{"long token", `{"a":` + strings.Repeat("z", 50) + `}`, `invalid JSON at byte 5: ` + strings.Repeat("z", 40) + `… instead of a value`},
		{"id number", `{"id":7,"inputs":[]}`, `id is 7; send a string`},
		{"id cut", `{"id":`, `id is missing; send a string`},
		{"id twice", `{"id":"1","\u0069d":"1","inputs":[]}`, `key "id" is there twice; send it once`}, // decoders differ in which counts
		{"inputs twice", `{"inputs":[],"inputs":[]}`, `key "inputs" is there twice; send it once`},
		{"data twice", one(`"data":[1],"data":[2]`), `input "x": key "data" is there twice; send it once`},
		{"deep unknown", `{"a":[` + deep + `],"inputs":[]}`, "ok"},
		{
			"deeper unknown", `{"a":[[` + deep + `]],"inputs":[]}`,
			"JSON nesting depth exceeds maximum allowed limit (100); send data flat, in row-major order",
		},
		{
			"deep data", one(`"shape":[0],"datatype":"FP32","data":` + strings.Repeat("[", 98)),
			`input "x": JSON nesting depth exceeds maximum allowed limit (100); send data flat, in row-major order`,
		},
		{"deepest data first", one(`"data":` + strings.Repeat("[", 97) + strings.Repeat("]", 97) + `,"shape":[0],"datatype":"FP32"`), "ok"},
		{
			"deeper data first", one(`"data":` + strings.Repeat("[", 98) + strings.Repeat("]", 98) + `,"shape":[0],"datatype":"FP32"`),
			`input "x": JSON nesting depth exceeds maximum allowed limit (100); send data flat, in row-major order`,
		},

		{"no name", `{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}`, `input 0: it has no "name"`},
		{"empty name", `{"inputs":[{"name":"","shape":[1],"datatype":"FP32","data":[1]}]}`, `input 0: it has no "name"`},
		{"second has no name", `{"inputs":[{"name":"x","shape":[0],"datatype":"FP32"},{}]}`, `input 1: it has no "name"`},
		{"name number", `{"inputs":[{"name":1}]}`, `input 0: name is 1; send a string`},
		{
			"long name", `{"inputs":[{"name":"` + strings.Repeat("n", 64*1024+1) + `"}]}`,
			`input 0: its name is longer than 65536 bytes`,
		},
		{"no datatype", one(`"shape":[1],"data":[1]`), `input "x": it has no "datatype"`},
		{"no shape", one(`"datatype":"FP32","data":[1]`), `input "x": it has no "shape"`},
		{"null shape", one(`"shape":null,"datatype":"FP32","data":[1]`), `input "x": it has no "shape"`},
		{"no data", one(`"shape":[1],"datatype":"FP32"`), `input "x": it has no "data"`},
		{"null data", one(`"shape":[1],"datatype":"FP32","data":null`), `input "x": it has no "data"`},
		{"scalar without data", one(`"shape":[],"datatype":"FP32"`), `input "x": it has no "data"`},
		{
			"datatype", of("FP8", "1"),
			`input "x": datatype "FP8" is not one of [BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES]`,
		},
		{"shape string", one(`"shape":["2"],"datatype":"FP32"`), `input "x": dimension 0 of its shape is "2"; send a whole number from 0`},
		{"shape negative", one(`"shape":[1,-1]`), `input "x": dimension 1 of its shape is -1; send a whole number from 0`},
		{"shape fraction", one(`"shape":[1.0]`), `input "x": dimension 0 of its shape is 1.0; send a whole number from 0`},
		{
			"shape beyond int64", one(`"shape":[9223372036854775808]`),
			`input "x": dimension 0 of its shape is 9223372036854775808; send a whole number from 0`,
		},
		{"shape number", one(`"shape":3`), `input "x": invalid JSON at byte 31: 3 instead of an array`},
		{"rank", one(`"shape":[` + repeat(33, func(int) string { return "1" }) + `]`), `input "x": its shape has more than 32 dimensions`},
		{
			"shape wraps around", one(`"shape":[4611686018427387904,4],"datatype":"FP32","data":[]`), // kills Triton
			`input "x": shape [4611686018427387904,4] is too large; its dimensions multiply to the number of elements`,
		},
		{
			"shape wraps around beside zero", one(`"shape":[4611686018427387904,4,0],"datatype":"FP32"`),
			`input "x": shape [4611686018427387904,4,0] is too large; its dimensions multiply to the number of elements`,
		},
		{
			"shape far larger", one(`"shape":[1099511627776,1],"datatype":"FP32","data":[1,2]`), // kills Triton
			`input "x": data has 2 elements, its shape calls for 1099511627776`,
		},
		{"too few", one(`"shape":[2,2],"datatype":"INT8","data":[[1,2],[3]]`), `input "x": data has 3 elements, its shape calls for 4`},
		{"too many", one(`"shape":[2],"datatype":"INT8","data":[1,2,3]`), `input "x": data has more elements than its shape calls for, which is 2`},
		{"none for a scalar", one(`"shape":[],"datatype":"INT8","data":[]`), `input "x": data has 0 elements, its shape calls for 1`},
		{"some for empty", one(`"shape":[0],"datatype":"INT8","data":[1]`), `input "x": data has more elements than its shape calls for, which is 0`},
		{"too many bools", of("BOOL", "true,false"), `input "x": data has more elements than its shape calls for, which is 1`},
		{"too many strings", of("BYTES", `"a","b"`), `input "x": data has more elements than its shape calls for, which is 1`},
		{"too many doubles", of("FP64", `1,2`), `input "x": data has more elements than its shape calls for, which is 1`},
		{"too few strings", one(`"shape":[3],"datatype":"BYTES","data":["a"]`), `input "x": data has 1 elements, its shape calls for 3`},
		{"data scalar", one(`"shape":[],"datatype":"INT8","data":5`), `input "x": its data are 5; send an array, flat in row-major order`},
		{"data object", one(`"shape":[1],"datatype":"INT8","data":[{}]`), `input "x": invalid JSON at byte 61: { instead of an element`},
		{"data ends in a comma", of("INT8", "1,"), `input "x": invalid JSON at byte 63: ] instead of a value`},
		{"data begin with a comma", of("INT8", ",1"), `input "x": invalid JSON at byte 61: , instead of an element`},
		{"data without comma", of("INT8", "1 2"), `input "x": invalid JSON at byte 63: 2 instead of ',' or ']'`},
		{"data of the wrong bracket", one(`"shape":[1],"datatype":"INT8","data":[1}`), `input "x": invalid JSON at byte 62: } instead of ',' or ']'`},
		{"data cut", `{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1,`, `input "x": the JSON ends at byte 63, where an element should be`},
		{"data first and cut", `{"inputs":[{"name":"x","data":[1,"]`, `input "x": the JSON ends at byte 35, where ',' or '}' should be`},
		{"data first and wrong", `{"inputs":[{"data":[1,[x]],"shape":[2],"datatype":"FP32","name":"x"}]}`, `input "x": element 1: x is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`},

		{"INT8 300", of("INT8", "300"), `input "x": element 0: 300 is not a whole number from -128 to 127, as INT8 holds`},
		{"INT8 -129", of("INT8", "-129"), `input "x": element 0: -129 is not a whole number from -128 to 127, as INT8 holds`},
		{"INT16", of("INT16", "32768"), `input "x": element 0: 32768 is not a whole number from -32768 to 32767, as INT16 holds`},
		{"INT32", of("INT32", "2147483648"), `input "x": element 0: 2147483648 is not a whole number from -2147483648 to 2147483647, as INT32 holds`},
		{"INT64", of("INT64", "9223372036854775808"), `input "x": element 0: 9223372036854775808 is not a whole number from -9223372036854775808 to 9223372036854775807, as INT64 holds`},
		{"UINT8", of("UINT8", "256"), `input "x": element 0: 256 is not a whole number from 0 to 255, as UINT8 holds`},
		{"UINT8 negative", of("UINT8", "-1"), `input "x": element 0: -1 is not a whole number from 0 to 255, as UINT8 holds`},
		{"UINT16", of("UINT16", "65536"), `input "x": element 0: 65536 is not a whole number from 0 to 65535, as UINT16 holds`},
		{"UINT32", of("UINT32", "4294967296"), `input "x": element 0: 4294967296 is not a whole number from 0 to 4294967295, as UINT32 holds`},
		{"UINT64", of("UINT64", "18446744073709551616"), `input "x": element 0: 18446744073709551616 is not a whole number from 0 to 18446744073709551615, as UINT64 holds`},
		{"fraction", of("INT32", "1.0"), `input "x": element 0: 1.0 is not a whole number from -2147483648 to 2147483647, as INT32 holds`},
		{"exponent", of("INT8", "1e2"), `input "x": element 0: 1e2 is not a whole number from -128 to 127, as INT8 holds`},
		{"leading zero", of("INT8", "01"), `input "x": element 0: 01 is not a whole number from -128 to 127, as INT8 holds`},
		{"plus", of("INT8", "+1"), `input "x": element 0: +1 is not a whole number from -128 to 127, as INT8 holds`},
		{"string", of("INT8", `"1"`), `input "x": element 0: the string "1" is not a whole number from -128 to 127, as INT8 holds`},
		{"long string", of("INT8", `"`+strings.Repeat("y", 50)+`"`), `input "x": element 0: the string "` + strings.Repeat("y", 40) + `"… is not a whole number from -128 to 127, as INT8 holds`},
		{"broken string", of("INT8", `"\x"`), `input "x": element 0: a string is not a whole number from -128 to 127, as INT8 holds`},
		{"null", of("INT8", `null`), `input "x": element 0: null is not a whole number from -128 to 127, as INT8 holds`},
		{"bool", of("INT8", `true`), `input "x": element 0: true is not a whole number from -128 to 127, as INT8 holds`},
		{"NaN", of("INT8", `NaN`), `input "x": element 0: NaN is not a whole number from -128 to 127, as INT8 holds`},
		{"BOOL 1", of("BOOL", "1"), `input "x": element 0: 1 is not true or false`},
		{"BOOL string", of("BOOL", `"true"`), `input "x": element 0: the string "true" is not true or false`},
		{"BOOL case", of("BOOL", `True`), `input "x": element 0: True is not true or false`},
		{"BOOL longer", of("BOOL", `truer`), `input "x": invalid JSON at byte 65: r instead of ',' or ']'`},
		{"FP32 1e39", of("FP32", "1e39"), `input "x": element 0: 1e39 is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`},
		{"FP32 string", of("FP32", `"1"`), `input "x": element 0: the string "1" is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`},
		{"FP32 null", of("FP32", `null`), `input "x": element 0: null is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`},
		{"FP32 -NaN", of("FP32", `-NaN`), `input "x": element 0: -NaN is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`},
		{"FP64 1e309", of("FP64", "1e309"), `input "x": element 0: 1e309 is not a number that FP64 holds (up to 1.7976931348623157e308, or NaN, Infinity, -Infinity)`},
		{"FP64 bare point", of("FP64", ".5"), `input "x": element 0: .5 is not a number that FP64 holds (up to 1.7976931348623157e308, or NaN, Infinity, -Infinity)`},
		{"long number", of("FP64", "0."+strings.Repeat("1", 2048)), `input "x": element 0: 0.` + strings.Repeat("1", 38) + `… is not a number that FP64 holds (up to 1.7976931348623157e308, or NaN, Infinity, -Infinity)`},
		{"FP16", of("FP16", "1"), `input "x": FP16 has no JSON form; send it as binary data or over gRPC`},
		{"BF16", of("BF16", "1"), `input "x": BF16 has no JSON form; send it as binary data or over gRPC`},

		{"BYTES number", of("BYTES", "1"), `input "x": element 0: 1 is not a string`},
		{"BYTES bare", of("BYTES", "a"), `input "x": element 0: a is not a string`},
		{"BYTES not UTF-8", of("BYTES", "\"ab\xff\""), `input "x": element 0: the string at byte 62 is not UTF-8`},
		{"BYTES surrogate in UTF-8", of("BYTES", "\"\xed\xa0\x80\""), `input "x": element 0: the string at byte 62 is not UTF-8`},
		{"BYTES lone surrogate", of("BYTES", `"\ud800"`), `input "x": element 0: lone surrogate at byte 63 in a string; a pair of \u escapes makes one character`},
		{"BYTES low surrogate", of("BYTES", `"\udc00\ud800"`), `input "x": element 0: lone surrogate at byte 63 in a string; a pair of \u escapes makes one character`},
		{"BYTES half pair", of("BYTES", `"\ud800\u0041"`), `input "x": element 0: lone surrogate at byte 63 in a string; a pair of \u escapes makes one character`},
		{"BYTES escape", of("BYTES", `"\x41"`), `input "x": element 0: invalid escape at byte 63 in a string`},
		{"BYTES short escape", of("BYTES", `"\u12"`), `input "x": element 0: invalid escape at byte 63 in a string; \u takes four hexadecimal digits`},
		{"BYTES control", of("BYTES", "\"a\nb\""), `input "x": element 0: control character 0x0a at byte 64 in a string; write it as \u000a`},
		{"BYTES cut", `{"id":"abc`, `the JSON ends inside a string`},
		{"BYTES cut escape", `{"id":"abc\`, `invalid escape at byte 10 in a string`},
		{
			"base64", one(`"shape":[1],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":["a"]`),
			`input "x": element 0: it is not base64, which its parameter content_type announces: illegal base64 data at input byte 0`,
		},

		{"parameters array", `{"parameters":[],"inputs":[]}`, `invalid JSON at byte 14: [ instead of an object`},
		{"parameter object", `{"parameters":{"p":{}},"inputs":[]}`, `parameter "p" is an object or an array; parameters are flat: a string, a number, true or false`},
		{"parameter array", one(`"parameters":{"p":[1]}`), `input "x": parameter "p" is an object or an array; parameters are flat: a string, a number, true or false`},
		{"parameter twice", `{"parameters":{"p":1,"p":2},"inputs":[]}`, `parameter "p" is there twice; send it once`},
		{"parameter integer", `{"parameters":{"p":18446744073709551616},"inputs":[]}`, `parameter "p" is an integer beyond 64 bits; send it as a string`},
		{"parameter negative", `{"parameters":{"p":-9223372036854775809},"inputs":[]}`, `parameter "p" is an integer beyond 64 bits; send it as a string`},
		{"parameter double", `{"parameters":{"p":1e999},"inputs":[]}`, `parameter "p": 1e999 is not a number that FP64 holds`},
		{"parameter word", `{"parameters":{"p":yes},"inputs":[]}`, `invalid JSON at byte 19: yes instead of a value`},
		{
			"parameters", `{"parameters":{` + repeat(1025, func(i int) string { return `"` + strings.Repeat("p", i+1) + `":1` }) + `},"inputs":[]}`,
			`more than 1024 parameters`,
		},
		{
			"parameters of all inputs", `{"inputs":[` + repeat(9, func(i int) string {
				return `{"name":"` + strings.Repeat("n", i+1) + `","shape":[0],"datatype":"FP32","parameters":{` +
					repeat(1000, func(i int) string { return fmt.Sprintf(`"%d":1`, i) }) + `}}`
			}) + `]}`, `input "nnnnnnnnn": more than 8192 parameters in the body`,
		},
		{
			"parameters' text", `{"inputs":[],"parameters":{"p":"` + strings.Repeat("p", 1<<20) + `"}}`,
			`more than 1048576 bytes of names and parameters in the body; send long text as BYTES data`,
		},
		{
			"names' text", `{"inputs":[],"outputs":[` + repeat(17, func(i int) string { return `{"name":"` + strings.Repeat("n", 64*1024-i) + `"}` }) + `]}`,
			`requested output "` + strings.Repeat("n", 40) + `"…: more than 1048576 bytes of names and parameters in the body; send long text as BYTES data`,
		},
		{
			"binary", one(`"shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}`),
			`input "x": binary_data_size announces binary data, but the body is all JSON; send the tensor in data`,
		},
		{
			"shared memory", one(`"shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}`),
			`input "x": shared_memory_region: shared memory cannot be reached through the gateway; send the tensor in data`,
		},
		{
			"shared memory out", `{"inputs":[],"outputs":[{"name":"y","parameters":{"shared_memory_region":"r"}}]}`,
			`requested output "y": shared_memory_region: shared memory cannot be reached through the gateway; outputs come in the response`,
		},
		{"output without name", `{"inputs":[],"outputs":[{"parameters":{}}]}`, `requested output 0: it has no "name"`},
		{"output twice", `{"inputs":[],"outputs":[{"name":"y"},{"name":"y"}]}`, `output "y" already exists in request; ask for each output once`},
		{"output string", `{"inputs":[],"outputs":["y"]}`, `requested output 0: invalid JSON at byte 24: "y" instead of an object`},
		{"outputs", `{"inputs":[],"outputs":[` + repeat(1025, func(i int) string { return `{"name":"` + strings.Repeat("y", i+1) + `"}` }) + `]}`, `more than 1024 requested outputs`},
		{"input twice", `{"inputs":[{"name":"x","shape":[0],"datatype":"FP32"},{"name":"x","shape":[0],"datatype":"FP32"}]}`, `input "x": it is sent twice`},
		{
			"inputs", `{"inputs":[` + repeat(1025, func(i int) string {
				return `{"name":"` + strings.Repeat("n", i+1) + `","shape":[0],"datatype":"FP32"}`
			}) + `]}`, `more than 1024 inputs`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sameArriving(t, []byte(tt.body), tensorjson.Options{})
			req, err := tensorjson.DecodeRequest([]byte(tt.body), tensorjson.Options{})
			if tt.want == "ok" {
				if err != nil {
					t.Fatal(err)
				}
				req.Free()
				return
			}
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if got := infer.CodeOf(err); got != codes.InvalidArgument {
				t.Errorf("got code %v, want INVALID_ARGUMENT", got)
			}
		})
	}
}

func TestDecodeRequestRefusesTextCutAnywhere(t *testing.T) {
	t.Parallel()
	body := `{"id":"\u00e9","parameters":{"p":1.5e3},"inputs":[{"name":"x","data":["a\"]",["b"]],"shape":[2],"datatype":"BYTES"},` +
		`{"name":"y","shape":[1,2],"datatype":"FP32","data":[[-1.25,NaN]]}],"outputs":[{"name":"z"}],"more":{"a":[true,null]}}`
	for end := range len(body) {
		sameArriving(t, []byte(body)[:end], tensorjson.Options{})
		if _, err := tensorjson.DecodeRequest([]byte(body)[:end:end], tensorjson.Options{}); infer.CodeOf(err) != codes.InvalidArgument {
			t.Errorf("cut at %d: got %v, want INVALID_ARGUMENT", end, err)
		}
	}
	req, err := tensorjson.DecodeRequest([]byte(body), tensorjson.Options{})
	if err != nil {
		t.Fatal(err)
	}
	req.Free()
}

func TestDecodeRequestRefusesNamesThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	for _, o := range []tensorjson.Options{{ModelName: "\xff"}, {ModelVersion: "\xff"}} {
		if _, err := tensorjson.DecodeRequest([]byte(`{"inputs":[]}`), o); infer.CodeOf(err) != codes.InvalidArgument {
			t.Errorf("%+v: got %v, want INVALID_ARGUMENT", o, err)
		}
	}
}

func TestDecodeResponseBlamesTheServer(t *testing.T) {
	t.Parallel()
	_, err := tensorjson.DecodeResponse([]byte(`{"model_name":"m","outputs":[{"name":"y","shape":[1],"datatype":"FP32","data":["a"]}]}`))
	want := `output "y": element 0: the string "a" is not a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)`
	if err == nil || err.Error() != want || infer.CodeOf(err) != codes.Internal {
		t.Errorf("got %v (%v), want INTERNAL %s", err, infer.CodeOf(err), want)
	}
}
