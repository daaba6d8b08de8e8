// Package v1json is the JSON form of KServe's V1 protocol, which is TensorFlow Serving's: it turns bodies of predict calls into messages
// and messages into such bodies, with the help of the model's metadata.
//
// A body has no datatypes and no shapes. Those come from the metadata and from how the lists nest; lists of different lengths side by
// side are refused, and so is a number that the datatype does not hold.
//
//	{"instances": [{"a": [1, 2], "b": "x"}, {"a": [3, 4], "b": "y"}]}      rows: a list of objects, or of values for one input
//	{"inputs": {"a": [[1, 2], [3, 4]], "b": ["x", "y"]}}                   columns: an object of tensors, or the tensor of one input
//
// Rows are answered with predictions, and columns with outputs, each an object where there are several outputs. BYTES are strings or
// {"b64": "…"}; those of an output whose name ends in _bytes are always the latter. Numbers are those of package tensorjson, not rounded,
// NaN and Infinity among them.
//
// [Model] makes a model that takes tensors answer documents. The other way round, for servers that speak nothing but V1, [AppendRequest]
// writes tensors and [DecodeResponse] reads what comes back, with datatypes made of what it finds: INT64, UINT64, FP64, BOOL, BYTES.
//
// Nothing is sized by what a body claims: decoding takes a few times its length. The package knows neither HTTP nor graphs.
//
// Source: TensorFlow Serving, "RESTful API"; KServe, "Data Plane (V1)".
package v1json
