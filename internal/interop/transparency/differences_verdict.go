package transparency

// stricterThanTriton is what the gateway refuses, and Triton takes.
func stricterThanTriton() []Difference {
	return []Difference{
		{
			What:       "an output that is asked for twice is refused",
			Operations: "(rest|grpc)/.*twice", Aspect: "status|code", Direct: ok, Gateway: refused,
			Reason: "newer Tritons refuse it, 2.51 answers it once (P-07)",
		},
		{
			What:       "numbers beyond their datatype are refused",
			Operations: `rest/(refused/beyond .*|infer/too large for FP32)|grpc/infer/typed beyond the width`, Aspect: "status|code", Direct: ok, Gateway: refused,
			Reason: "Triton truncates integers and makes floats infinite without a word (R-12)",
		},
		{
			What:       "text that is not UTF-8 does not go into or out of JSON",
			Operations: `rest/infer/(text that is not UTF-8|binary text in JSON)|rest/framing/texts`, Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "JSON is UTF-8: clients fail to read it; the error says how to ask for binary data (R-14)",
		},
		{
			What:       "duplicate keys are refused",
			Operations: "rest/infer/duplicate keys", Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "of two values each reader takes another",
		},
		{
			What:       "data beside an empty shape are refused",
			Operations: "rest/infer/data beside an empty", Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "what does not fit its shape is refused whatever the shape is",
		},
		{
			What:       "generate: nested arrays are refused",
			Operations: "rest/generate/.*/nested array", Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "inputs are scalars or flat arrays; Triton flattens without looking at the shape",
		},
		{
			What:       "nesting deeper than 100 is refused",
			Operations: "rest/refused/nested 101 deep", Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "as in newer Tritons (R-11); 2.51 takes any depth",
		},
		{
			What:       "parameters that are no object are refused",
			Operations: "rest/refused/parameters no object", Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "Triton does not look",
		},
		{
			What:       "raw entries without an input are refused",
			Operations: "grpc/refused/raw entries left", Aspect: "code", Direct: ok, Gateway: refused,
			Reason: "somebody lost count, and the tensors may be others than were meant (P-02)",
		},
		{
			What:       "a version is a whole number",
			Operations: "grpc/infer/version 1x", Aspect: "code", Direct: ok, Gateway: refused,
			Reason: "Triton reads the digits that a text begins with",
		},
		{
			What:       "what follows a compressed body is refused",
			Operations: "rest/coding/more behind gzip", Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "Triton drops it without a word",
		},
		{
			What:       "an integer parameter beyond INT64 is refused",
			Operations: "rest/parameters/too large a number", Aspect: "status", Direct: ok, Gateway: refused,
			Reason: "Triton takes it over REST and refuses it over gRPC",
		},
	}
}

// widerThanTriton is what the gateway takes, and Triton refuses.
func widerThanTriton() []Difference {
	return []Difference{
		{
			What:       "empty contents beside raw data are taken as none",
			Operations: "grpc/infer/empty contents and raw", Aspect: "code", Direct: badValue, Gateway: ok,
			Reason: "MLServer's clients and builders of C++ and Python send them (T6, P-04)",
		},
		{
			What:       "names may be percent-encoded",
			Operations: "rest/control/metadata escaped", Aspect: "status", Direct: "404: .*", Gateway: ok,
			Reason: "tritonclient encodes them, Triton compares what is encoded (R-10)",
		},
		{
			What:       "`/v2/` is `/v2`",
			Operations: "rest/control/server slash", Aspect: "status", Direct: "404: .*", Gateway: ok,
			Reason: "the protocol's OpenAPI document writes it so",
		},
		{
			What:       "names of codings in any case",
			Operations: "rest/coding/capitals", Aspect: "status", Direct: "501: .*", Gateway: ok,
			Reason: "HTTP's names of codings have no case",
		},
		{
			What:       "`GET /` is 200",
			Operations: "rest/control/root", Aspect: "status", Direct: "404: .*", Gateway: ok,
			Reason: "KServe's client asks there whether the server lives",
		},
		{
			What:       "a parameter that is null is taken as none",
			Operations: "rest/parameters/null", Aspect: "status", Direct: "400: .*", Gateway: ok,
			Reason: "KServe's and MLServer's writers leave null in place of nothing",
		},
		{
			What:       "`triton_enable_empty_final_response` over REST is taken",
			Operations: "rest/parameters/reserved", Aspect: "status", Direct: "400: .*", Gateway: ok,
			Reason: "it says nothing to what answers once, as over gRPC, where Triton takes it, too",
		},
		{
			What:       "a raw body's shape is deduced with every open dimension but the last as 1",
			Operations: "rest/framing/raw of (texts|two dims)", Aspect: "status", Direct: "400: .*", Gateway: ok,
			Reason: "Triton refuses two open dimensions, and texts of a shape other than [1]",
		},
		{
			What:       "a version that is no number is 400, and a name that cannot be one",
			Operations: `rest/(control|refused|generate)/.*(of a text|is no number|unknown escaped)`, Aspect: "status", Direct: "404: .*", Gateway: "400: .*|503: .*",
			Reason: "Triton has no route for it; the gateway says what is wrong (5.2)",
		},
	}
}
