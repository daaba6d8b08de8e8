package transparency

// differences are those of a gateway with default options before a Triton.
func differences() []Difference {
	return concat(tritonDifferences(), defaultDifferences())
}

// strictDifferences are those of a strict gateway that compresses its answers.
func strictDifferences() []Difference {
	return concat(tritonDifferences(), strictOnly())
}

func concat(lists ...[]Difference) []Difference {
	var all []Difference
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

const (
	jsonType  = "application/json"
	ok        = "200|OK"
	refused   = "(400|500): .*|InvalidArgument: .*"
	badValue  = "400: .*|InvalidArgument: .*"
	forbidden = "403: .*|PermissionDenied: .*"
)

// tritonDifferences are those of every gateway before a Triton.
func tritonDifferences() []Difference {
	return concat(gatewayIdentity(), healthBodies("text/plain"), closedExtensions(), stricterThanTriton(), widerThanTriton(), otherCodes(), []Difference{
		{
			What:       "errors over REST are `application/json`",
			Operations: "rest/.*", Aspect: `header\.Content-Type`, Direct: "text/plain", Gateway: jsonType,
			Reason: "Triton says `text/plain` of some errors although all are JSON; KServe's client reads the reason only of JSON (R-05)",
		},
		{
			What:       "metadata over REST have `properties`",
			Operations: "rest/control/.*", Aspect: `body\.properties.*`, Direct: "\\(absent\\)",
			Reason: "the Open Inference Protocol has the member, Triton does not; members that are there are never left out (R-04)",
		},
		{
			What:       "configurations have members of newer Tritons",
			Operations: "rest/control/chain/config", Aspect: `body\.ensemble_scheduling\.max_inflight_requests`, Gateway: "number 0",
			Reason: "members with default values are written, those that are newer than the server's version, too (R-04)",
		},
		{
			What:       "an integer `-0` of a JSON tensor of floats keeps its sign",
			Operations: "rest/infer/numbers", Aspect: `body\.outputs\.0\.data\.3`, Direct: "0x0p\\+00", Gateway: "-0x0p\\+00",
			Reason: "Triton reads it as the integer 0; over every other way it has a sign",
		},
		{
			What:       "framing keys do not go on to the model",
			Operations: "grpc/aside/binary output", Aspect: `response\.tensor\.0\.bytes`,
			Reason: "`binary_data_output` tells one hop how to write its body; each hop says it anew (P-06)",
		},
		{
			What:       "a decoupled model over unary REST is refused in gRPC's words",
			Operations: "rest/refused/decoupled", Aspect: "error", Gateway: ".*ModelInfer RPC doesn't support models with decoupled transaction policy",
			Reason: "the gateway asks the server over gRPC and tells what it said; status and meaning are the same",
		},
		{
			What:       "reserved parameters over REST are refused in gRPC's words",
			Operations: "rest/parameters/(final response|reserved and unknown)", Aspect: "error",
			Reason: "the gateway asks the server over gRPC and tells what it said",
		},
		{
			What:       "generate: an error between two responses is told as itself",
			Operations: "rest/generate/generate/decoupled", Aspect: "status", Direct: "200: .*", Gateway: "(400|500): .*",
			Reason: "Triton counts it as a response, of which it expects one",
		},
		{
			What:       "generate: an `id` is not a parameter as well",
			Operations: "rest/generate/.*/parameters echoed", Aspect: `(event\.0\.)?body\.SAID`,
			Reason: "Triton gives it to the model twice",
		},
		{
			What:       "generate_stream: an output that JSON cannot hold is an error before the events",
			Operations: "rest/generate/generate_stream/extremes", Aspect: `header\.Content-Type|error|events?(\.0\.error)?`,
			Reason: "nothing was sent yet; the status is the same",
		},
		{
			What:       "short answers are not compressed",
			Operations: "rest/coding/answer .*", Aspect: `header\.Content-Encoding`, Direct: "gzip|deflate", Gateway: "\\(absent\\)",
			Reason: "they would become longer (R-09)",
		},
		{
			What:       "an unknown method has a text",
			Operations: "grpc/control/nothing", Aspect: "error", Direct: "",
			Reason: "the code is UNIMPLEMENTED in both",
		},
	})
}

// strictOnly are those of a strict gateway alone.
func strictOnly() []Difference {
	return []Difference{
		{
			What:       "strict: a parameter of the wrong kind is 400",
			Operations: "rest/(parameters|outputs)/.*", Aspect: "status", Direct: "500: .*", Gateway: "400: upstream .*",
			Reason: "it is the server that refuses it, over gRPC, as INVALID_ARGUMENT",
		},
		{
			What:       "strict: some of what the gateway's JSON reader refuses is 500 where Triton finds it later, as 400, or the other way round",
			Operations: "rest/(refused/(data null|empty name|inputs of numbers)|coding/(empty|cut) gzip)", Aspect: "status", Direct: "(400|500): .*", Gateway: "(400|500): .*",
			Reason: "the readers meet the fault at different places",
		},
	}
}

// gatewayIdentity is what a gateway says of itself.
func gatewayIdentity() []Difference {
	return []Difference{{
		What:       "server metadata: name, version and extensions are the gateway's",
		Operations: "(rest|grpc)/control/server", Aspect: `(body|response)\.(name|version|extensions\..*)`,
		Reason: "a client asks the gateway what the gateway can do; `extensions` lists what is fully on (T15)",
	}}
}

func healthBodies(contentType string) []Difference {
	return []Difference{
		{
			What:       "health answers over REST have a JSON body",
			Operations: `rest/control/(live|ready|ready version|ready of .*|.*/ready)`, Aspect: `body(\.(live|ready|name))?`, Gateway: `bool true|string .*|\(absent\)`,
			Reason: "KServe's client reads `live` and `ready`; Triton's looks at the status alone (R-07)",
		},
		{
			What:       "health answers over REST are `application/json`",
			Operations: `rest/control/(live|ready|ready version|ready of .*|.*/ready)`, Aspect: `header\.Content-Type`, Direct: contentType, Gateway: jsonType,
			Reason: "they have a JSON body",
		},
	}
}

func closedExtensions() []Difference {
	return []Difference{
		{
			What:       "shared memory, trace, logging, load and unload are forbidden",
			Operations: `rest/closed/.*|grpc/control/(cuda memory|system memory|load|unload|trace|log).*`, Aspect: "status|code", Gateway: forbidden,
			Reason: "off unless the Gateway resource opens them for a ModelServer; the error says how",
		},
		{
			What:       "tensors in shared memory are refused otherwise",
			Operations: `(rest|grpc)/(refused|outputs)/shared memory.*`, Aspect: "status|code", Direct: "(404|NotFound|400): .*", Gateway: badValue + "|" + forbidden,
			Reason: "there is no shared memory through the gateway unless it is opened",
		},
	}
}

// otherCodes are faults that the gateway calls by another code.
func otherCodes() []Difference {
	return []Difference{
		{
			What:       "a request that names no model is INVALID_ARGUMENT",
			Operations: `grpc/(infer/no model|refused/empty message|control/(config|metadata|ready) of ?)`, Aspect: "code", Direct: "NotFound: .*|OK", Gateway: "InvalidArgument: .*",
			Reason: "Triton looks for a model without a name",
		},
		{
			What:       "a message that does not decode is INVALID_ARGUMENT",
			Operations: `grpc/(refused/(cut message|not a message|model name not UTF-8|group)|control/metadata, no message)`, Aspect: "code", Direct: "(Internal|NotFound): .*", Gateway: "InvalidArgument: .*",
			Reason: "it is the client's fault, so no client should try again (S-01)",
		},
		{
			What:       "statistics of an unknown model are NOT_FOUND",
			Operations: "(rest|grpc)/statistics/unknown model", Aspect: "status|code", Direct: "400: .*|InvalidArgument: .*", Gateway: "404: .*|NotFound: .*",
			Reason: "as every other call about it, of Triton's too",
		},
		{
			What:       "the index of a named repository is UNIMPLEMENTED over REST, too",
			Operations: "rest/control/index of a repository", Aspect: "status", Direct: "200", Gateway: "501: .*",
			Reason: "REST and gRPC agree; Triton refuses the name over gRPC alone",
		},
	}
}

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

// defaultDifferences are those that a strict gateway does not have.
func defaultDifferences() []Difference {
	return []Difference{
		{
			What:       "a client's fault over REST is 400",
			Operations: "rest/.*", Aspect: "status", Direct: "500: .*", Gateway: "400: .*",
			Reason: "Triton calls what its JSON reader meets INTERNAL, 500; with `strict` the gateway does, too",
		},
		{
			What:       "long answers are not compressed",
			Operations: "rest/coding/long answer .*", Aspect: `header\.Content-Encoding`, Direct: "gzip|deflate", Gateway: "\\(absent\\)",
			Reason: "many clients accept codings without wanting them; `compressResponses` compresses (R-09)",
		},
		{
			What:       "generate: a number of responses other than 1 is 400",
			Operations: "rest/generate/generate/(fails last|none|three)", Aspect: "status", Direct: "200: .*", Gateway: "400: .*",
			Reason: "Triton answers 200 with an error in the body; with `strict` the gateway does, too",
		},
		{
			What:       "generate: errors of the model are 500",
			Operations: "rest/generate/.*", Aspect: "status", Direct: "400.*", Gateway: "500.*",
			Reason: "streams tell no codes, and it is no fault of the client; Triton has 400 for all, and `strict` does, too",
		},
		{
			What:       "errors of a model have the status of their meaning over REST",
			Operations: "rest/fails/(UNKNOWN|ALREADY_EXISTS|CANCELLED)", Aspect: "status", Direct: "400: .*", Gateway: "(500|409|499): .*",
			Reason: "UNKNOWN is no fault of the client; Triton has 400 for every code that it has no status for, and `strict` does, too",
		},
		{
			What:       "a model that is not ready is 503",
			Operations: "rest/control/broken/ready", Aspect: "status", Direct: "400: .*", Gateway: "503: .*",
			Reason: "clients only look for 200 and proxies know 503; with `strict` it is 400",
		},
		{
			What:       "readiness of an unknown model or version is 404",
			Operations: "rest/control/(nobody/ready|ready of no version)", Aspect: "status", Direct: "400: .*", Gateway: "404: .*",
			Reason: "that is what it is; Triton says that it is not ready",
		},
	}
}

// pythonDifferences are those before KServe's server and MLServer.
func pythonDifferences() []Difference {
	return concat(gatewayIdentity(), []Difference{
		{
			What:       "tensors over gRPC are raw",
			Operations: "grpc/.*", Aspect: `response\.tensor\.\d+\.form`, Direct: "typed|raw, beside contents of 0 bytes", Gateway: "raw",
			Reason: "Triton's clients read nothing else; `outputs: mirror` gives the request's form (T4, T5)",
		},
		{
			What:       "the keys that frame a body do not go from hop to hop",
			Operations: "(rest|grpc)/.*", Aspect: `(response|body)\.outputs\.\d+\.parameters\.(binary_data_size\.int64_param|content_type)`, Gateway: "\\(absent\\)",
			Reason: "`binary_data_size` and `content_type` say how one hop wrote its body; a stale one misleads the next (T8, T11)",
		},
		{
			What:       "only the outputs that were asked for",
			Operations: "rest/odd/one output", Aspect: `body\.outputs\..*`,
			Reason: "as Triton; the server gives all (T19)",
		},
		{
			What:       "members of JSON answers are left out when they have no value",
			Operations: "rest/.*", Aspect: `body\.(outputs\.\d+\.)?parameters(\.\{\})?|body\.versions.*`, Direct: `<nil> <nil>|empty|\(absent\)`, Gateway: `\(absent\)|0`,
			Reason: "Triton's C++ client fails on parameters that are null or empty (T11), and on versions that are null",
		},
		{
			What:       "JSON answers have a `model_version`",
			Operations: "rest/.*", Aspect: `body\.model_version`, Direct: `<nil> <nil>|\(absent\)`, Gateway: "string ",
			Reason: "Triton's answers always do, and its clients read it",
		},
		{
			What:       "metadata over REST have `properties`",
			Operations: "rest/control/.*", Aspect: `body\.properties.*`, Direct: "\\(absent\\)",
			Reason: "the protocol has the member",
		},
		{
			What:       "errors over REST are `{\"error\": …}`",
			Operations: "rest/.*", Aspect: `body\.detail|error`, Direct: `string .*|\(absent\)`,
			Reason: "one form for everything (R-05); the server's web framework has one of its own",
		},
		{
			What:       "an answer to a request without an id has none",
			Operations: "(rest|grpc)/odd/.*", Aspect: `(body|response)\.id`, Direct: "string .*", Gateway: "\\(absent\\)",
			Reason: "as Triton; the server invents one",
		},
		{
			What:       "any content type is taken",
			Operations: "rest/odd/(no content type|content type form|NaN|binary.*|gzip)", Aspect: "status", Direct: "(400|422|500).*", Gateway: "200",
			Reason: "tritonclient and curl send none or another, and what the server cannot read the gateway translates (T10)",
		},
		{
			What:       "a client's fault is 400 over REST",
			Operations: "rest/odd/.*", Aspect: "status", Direct: "(422|500).*", Gateway: "400: .*",
			Reason: "5.2; with INVALID_ARGUMENT over gRPC",
		},
		{
			What:       "raw data that do not fit are INVALID_ARGUMENT",
			Operations: "grpc/odd/(too few.*|raw entries left)", Aspect: "code", Direct: "(Internal: .*)|OK", Gateway: "InvalidArgument: .*",
			Reason: "the gateway checks every tensor; the server fails, or answers something wrong",
		},
		{
			What:       "readiness of an unknown model is OK with `ready: false` over gRPC",
			Operations: "grpc/control/ready of nobody", Aspect: "code", Gateway: "OK",
			Reason: "as Triton",
		},
		{
			What:       "the repository index is open and needs no body",
			Operations: "(rest|grpc)/odd/index.*", Aspect: "status|code", Direct: "(404|422|Unimplemented).*", Gateway: ok,
			Reason: "the gateway has one of its own (R-08)",
		},
	})
}

// kserveDifferences are those before KServe's Python server.
func kserveDifferences() []Difference {
	return concat(pythonDifferences(), []Difference{
		{
			What:       "`GET /v2/models` and `GET /v1/models` list what is known without asking",
			Operations: "rest/(v1/)?models", Aspect: `body\.models\..*`,
			Reason: "the server has no index over gRPC, so that its models are found by name alone",
		},
		{
			What:       "NaN is NaN",
			Operations: "rest/odd/NaN", Aspect: `body\.outputs\.0\.data\.0`, Direct: "<nil> <nil>", Gateway: ".*NaN.*",
			Reason: "null is none of the datatype's values (R-12)",
		},
		{
			What:       "the binary tensor extension works",
			Operations: "rest/odd/binary both ways", Aspect: `(body\.outputs\.0|header)\..*`,
			Reason: "an answer is binary when the request asks for it, which the server does for binary requests alone",
		},
		{
			What:       "a version is taken",
			Operations: "rest/odd/version", Aspect: "status", Direct: "501: .*", Gateway: "200",
			Reason: "over gRPC, where the gateway asks, the server takes any",
		},
	})
}

// mlserverDifferences are those before MLServer.
func mlserverDifferences() []Difference {
	return concat(pythonDifferences(), healthBodies("\\(absent\\)"), []Difference{
		{
			What:       "data that do not fit their shape are refused",
			Operations: "rest/odd/too few", Aspect: "status", Direct: "200", Gateway: "400: .*",
			Reason: "the server does not look",
		},
		{
			What:       "the repository index is sorted, and a state is READY over both edges",
			Operations: "(rest|grpc)/odd/index", Aspect: `(body|response\.models)\.\d+\.(name|state|reason)`,
			Reason: "over gRPC the server says `State.READY`, over REST `READY`; what has no value is left out",
		},
		{
			What:       "JSON data are flat",
			Operations: "rest/odd/nested", Aspect: `body\.outputs\.0\.data\..*`,
			Reason: "Triton's C++ client misreads nested data without an error (T11)",
		},
		{
			What:       "errors of a model are JSON with a reason",
			Operations: "rest/sum/too wide", Aspect: "body|error|header.Content-Type",
			Reason: "the server sends a Python traceback as text",
		},
	})
}
