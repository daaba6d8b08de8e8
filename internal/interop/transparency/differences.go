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

// kserveDifferences are those before KServe's Python server.
func kserveDifferences() []Difference { return nil }

// mlserverDifferences are those before MLServer.
func mlserverDifferences() []Difference { return nil }
