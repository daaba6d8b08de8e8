package transparency

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
			Operations: "rest/(control|example)/.*", Aspect: `body\.properties.*`, Direct: "\\(absent\\)",
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
			What:       "what the server refuses over REST is told in gRPC's words",
			Operations: "rest/refused/decoupled", Aspect: "error", Gateway: ".*ModelInfer RPC doesn't support models with decoupled transaction policy",
			Reason: "the gateway asks the server over gRPC and tells what it said; status and meaning are the same",
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
			What:       "a message of a stream that does not decode gets an error in the stream",
			Operations: "stream/(not a message|one, then no message)", Aspect: `events|event\.\d+\..*`,
			Reason: "Triton says nothing, so that the client waits",
		},
		{
			What:       "an error in a stream names its model and is final, whatever it is about",
			Operations: "stream/version is no number", Aspect: `event\.0\.response\..*`, Direct: "\\(absent\\)",
			Reason: "Triton leaves both out when it could not read the version; clients count the final ones",
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

// strictDifferences are those of a strict gateway alone.
func strictDifferences() []Difference {
	return []Difference{
		{
			What:       "strict: a parameter of the wrong kind is 400",
			Operations: "rest/(parameters|outputs)/.*", Aspect: "status", Direct: "500: .*", Gateway: "400: .*",
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
