package transparency

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
			What:       "parameters of UINT64 are refused, but for `priority`",
			Operations: "grpc/odd/other parameters", Aspect: "code", Direct: "OK", Gateway: "InvalidArgument: .*",
			Reason: "as Triton, so that a request means the same to every server; these servers do not know the kind and drop it (T7)",
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
