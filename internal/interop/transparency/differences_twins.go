package transparency

// twinDifferences are those of oiptest's stand-in, beside those of the gateway, whose edges it has.
func twinDifferences() []Difference {
	return []Difference{
		{
			What:       "a model that does not load is UNAVAILABLE or NOT_FOUND",
			Operations: ".*(broken|model does not load).*", Aspect: "status|code|event.*", Direct: "(404|400|NotFound|InvalidArgument).*", Gateway: "(404|503|Unavailable|200|OK).*",
			Reason: "for a Triton it has no versions",
		},
		{
			What:       "a time of 0 is left out, and what never waits has none",
			Operations: "grpc/statistics/.*", Aspect: `.*\.ns`, Direct: "a time", Gateway: "\\(absent\\)",
			Reason: "its models are functions",
		},
		{
			What:       "a failed request counts as a failure, and as no batch",
			Operations: "(rest|grpc)/statistics/fail", Aspect: `.*model_stats\.0\..*`,
			Reason: "a Triton counts what a Python model refuses as a success",
		},
		{
			What:       "statistics by size of batch are those of models that batch",
			Operations: "(rest|grpc)/statistics/two", Aspect: `.*batch_stats\..*`, Gateway: "\\(absent\\)|0",
			Reason: "for a Triton the others have batches of 1",
		},
		{
			What:       "statistics of an unknown version are NOT_FOUND",
			Operations: "(rest|grpc)/statistics/unknown version", Aspect: "status|code", Gateway: "(404|NotFound).*",
			Reason: "as every other call about it",
		},
		{
			What:       "generate_stream: a missing input is refused before the events",
			Operations: "rest/generate/generate_stream/without the prompt", Aspect: `header\.Content-Type|error|events?(\.0\.error)?`,
			Reason: "the twin finds out in its code",
		},
		{
			What:       "an error in a stream names its model and is final, whatever it is about",
			Operations: "stream/(model does not load|unknown (in|out)put)", Aspect: `event\.0\.response\..*`, Direct: "\\(absent\\)|empty",
			Reason: "Triton leaves both out of what it refuses before the model",
		},
		{
			What:       "an empty tensor needs no raw entry",
			Operations: "grpc/infer/empty without raw", Aspect: "code", Gateway: "OK",
			Reason: "there is nothing that it could hold",
		},
		{
			What:       "generate: errors of a model keep their code",
			Operations: "rest/(generate|example)/.*", Aspect: "status", Direct: "400.*", Gateway: "5\\d\\d.*",
			Reason: "a model of this process tells it",
		},
	}
}
