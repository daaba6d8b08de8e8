// Package tensorjson is the JSON form of the Open Inference Protocol: it turns a REST body into a message, and a message into
// a REST body or into the document that the conditions of a graph read.
//
//	req, err := tensorjson.DecodeRequest(body, tensorjson.Options{ModelName: "resnet"})
//	if err != nil {
//		return err // INVALID_ARGUMENT; names the tensor and the cure
//	}
//	defer req.Free()
//
// Tensors go straight from JSON text to little-endian bytes and back, one loop for each kind of element. A decoded message
// shares nothing with its body; what is encoded is copied out of the message.
//
// # Where the protocol is silent
//
// Read: keys come in any order, unknown ones are skipped, and a known one may not come twice. Null is absence. A byte order
// mark in front is skipped. NaN, Infinity, Inf, -Infinity and -Inf are numbers, as Triton has them. Data may be nested in any
// way: only the number of elements counts. Integers are whole numbers within their datatype, never 1.0 or 1e2; a number beyond
// FP32 or FP64 is refused, not made infinite. An integer parameter is an int64, above that a uint64, any other number a double.
//
// Written: data are flat, numbers have the fewest digits that read back to the same bits and the layout of encoding/json.
// Parameters that describe one hop's transfer are dropped in both directions.
//
// Floats are written by Schubfach and read through a float64 with a known error; the ordinary tests compare tens of millions with
// strconv, and this compares all FP32:
//
//	go test -tags proof -run TestEveryFloat32 -timeout 2h ./infer/tensorjson
//
// # Memory
//
// Nothing is sized by what a shape claims. Decoding a large body takes at most 8 times its size, whatever it holds; so that this
// is true of what describes the tensors too, names and parameters may be 1 MiB together, and parameters 8,192.
//
// The binary tensor extension puts the data of tensors behind the JSON: [DecodeFramed] and [EncodeFramed] refer to them where they lie.
//
// The package knows neither HTTP nor graphs.
package tensorjson
