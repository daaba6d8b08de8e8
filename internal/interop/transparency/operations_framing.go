package transparency

import (
	"strconv"
	"strings"
)

// framings are bodies of which a part is binary, and bodies that are compressed.
func framings() []Operation {
	return append(lengths(), codings()...)
}

const eight = "\x00\x00\x80\x3f\x00\x00\x00\x40" // 1 and 2 in FP32

func lengths() []Operation {
	head := func(size int, more string) []byte { return body(binaryInput("INPUT0", "FP32", "[1,2]", size), more) }
	raw := func(model, data string) rest {
		return rest{path: inferPath(model), body: []byte(data)}.with(headerLength, "0")
	}
	whole := body(input("INPUT0", "FP32", "[1,2]", "[1,2]"), "")
	length := func(text string) rest {
		return rest{path: inferPath("identity_fp32"), body: whole}.with(headerLength, text)
	}
	pair := body(binaryInput("INPUT0", "INT32", "[1,16]", 64)+","+binaryInput("INPUT1", "INT32", "[1,16]", 64), "")
	mixed := body(binaryInput("INPUT0", "INT32", "[1,16]", 64)+","+input("INPUT1", "INT32", "[1,16]", ones), "")
	return named{
		"binary":                 framedBy("identity_fp32", head(8, ""), []byte(eight)),
		"two tensors":            framedBy("simple", pair, make([]byte, 128)),
		"mixed":                  framedBy("simple", mixed, make([]byte, 64)),
		"too few bytes":          framedBy("identity_fp32", head(8, ""), []byte(eight)[:7]),
		"no bytes":               framedBy("identity_fp32", head(8, ""), nil),
		"bytes left":             framedBy("identity_fp32", head(8, ""), []byte(eight+"x")),
		"size too small":         framedBy("identity_fp32", head(4, ""), []byte(eight)),
		"size unlike its shape":  framedBy("identity_fp32", head(12, ""), []byte(eight+"1234")),
		"size zero":              framedBy("identity_fp32", head(0, ""), nil),
		"empty":                  framedBy("identity_fp32", body(binaryInput("INPUT0", "FP32", "[0,2]", 0), ""), nil),
		"size negative":          framedBy("identity_fp32", head(-1, ""), []byte(eight)),
		"size text":              framedBy("identity_fp32", body(`{"name":"INPUT0","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":"8"}}`, ""), []byte(eight)),
		"size huge":              framedBy("identity_fp32", head(1<<40, ""), []byte(eight)),
		"data behind JSON":       framedBy("identity_fp32", whole, []byte("x")),
		"size without header":    {path: inferPath("identity_fp32"), body: append(head(8, ""), eight...)},
		"whole":                  length(strconv.Itoa(len(whole))),
		"longer than the body":   length(strconv.Itoa(len(whole) + 1)),
		"shorter than the JSON":  length(strconv.Itoa(len(whole) - 1)),
		"negative":               length("-1"),
		"larger than an int":     length("99999999999"),
		"texts":                  framedBy("identity_bytes", body(binaryInput("INPUT0", "BYTES", "[3]", 4+4+3+4+2), ""), texts("", "abc", "\xff\x00")),
		"texts to binary":        framedBy("identity_bytes", body(binaryInput("INPUT0", "BYTES", "[3]", 4+4+3+4+2), `"parameters":{"binary_data_output":true}`), texts("", "abc", "\xff\x00")),
		"too few texts":          framedBy("identity_bytes", body(binaryInput("INPUT0", "BYTES", "[3]", 4+4+3), ""), texts("", "abc")),
		"too many texts":         framedBy("identity_bytes", body(binaryInput("INPUT0", "BYTES", "[1]", 4+4+3), ""), texts("", "abc")),
		"text that lies":         framedBy("identity_bytes", body(binaryInput("INPUT0", "BYTES", "[1]", 5), ""), []byte("\x09\x00\x00\x00a")),
		"text cut in its length": framedBy("identity_bytes", body(binaryInput("INPUT0", "BYTES", "[1]", 2), ""), []byte("\x01\x00")),
		"booleans of other bits": framedBy("identity", body(binaryInput("BOOL", "BOOL", "[2]", 2), `"parameters":{"binary_data_output":true}`), []byte("\x01\x01")),
		"NaN with a payload":     framedBy("identity_fp32", head(8, `"parameters":{"binary_data_output":true}`), []byte("\x01\x00\xc0\x7f\x23\x01\x80\xff")),
		"raw":                    raw("vector_fp32", eight),
		"raw text":               raw("one_bytes", "any \xff text"),
		"raw of two dims":        raw("identity_fp32", eight),
		"raw fixed":              raw("fixed_fp32", eight+eight+eight),
		"raw fixed too short":    raw("fixed_fp32", eight),
		"raw of texts":           raw("identity_bytes", "abc"),
		"raw of two inputs":      raw("simple", eight),
		"raw of part of one":     raw("vector_fp32", eight[:7]),
		"raw and empty":          raw("vector_fp32", ""),
		"raw to nobody":          raw("nobody", eight),
		"raw to many optional":   raw("identity", eight),
		"raw classes":            raw("label", eight+eight),
	}.operations("framing")
}

func codings() []Operation {
	json := body(simpleInputs(), "")
	post := func(coding string, data []byte) rest {
		return rest{path: inferPath("simple"), body: data}.with("Content-Encoding", coding)
	}
	accept := func(coding string) rest { return wholeSimple("").with("Accept-Encoding", coding) }
	head := body(binaryInput("INPUT0", "FP32", "[1,2]", 8), "")
	packed := framedBy("identity_fp32", head, []byte(eight))
	packed.body = gzipped(packed.body)
	long := infers("identity", input("INT32", "INT32", "[2048]", "["+strings.Repeat("7,", 2047)+"7]"), "")
	return named{
		"gzip":                  post("gzip", gzipped(json)),
		"deflate":               post("deflate", deflated(json)),
		"identity":              post("identity", json),
		"capitals":              post("GZIP", gzipped(json)),
		"unknown":               post("br", json),
		"two":                   post("gzip, deflate", gzipped(json)),
		"not gzip":              post("gzip", json),
		"not deflate":           post("deflate", json),
		"gzip called deflate":   post("deflate", gzipped(json)),
		"cut gzip":              post("gzip", gzipped(json)[:len(gzipped(json))/2]),
		"more behind gzip":      post("gzip", append(gzipped(json), "more"...)),
		"empty gzip":            post("gzip", gzipped(nil)),
		"gzip of binary":        packed.with("Content-Encoding", "gzip"),
		"answer gzip":           accept("gzip"),
		"answer deflate":        accept("deflate"),
		"answer either":         accept("gzip, deflate"),
		"answer by preference":  accept("gzip;q=0.2, deflate;q=0.9"),
		"answer anything":       accept("*"),
		"answer identity":       accept("identity"),
		"answer not gzip":       accept("gzip;q=0"),
		"answer brotli":         accept("br"),
		"answer gzip of binary": wholeSimple(`"parameters":{"binary_data_output":true}`).with("Accept-Encoding", "gzip"),
		"long answer gzip":      long.with("Accept-Encoding", "gzip"),
		"long answer deflate":   long.with("Accept-Encoding", "deflate"),
		"long answer preferred": long.with("Accept-Encoding", "gzip;q=0.2, deflate;q=0.9"),
		"long answer as it is":  long.with("Accept-Encoding", "identity"),
		"error for gzip":        infers("nobody", "", "").with("Accept-Encoding", "gzip"),
	}.operations("coding")
}
