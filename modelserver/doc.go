// Package modelserver is the embedded runtime: it serves ONNX models from folders in Triton's layout, in this process.
//
//	model, err := modelserver.Open(ctx, "iris", "models/iris", modelserver.Options{})
//	if err != nil {
//		return err // names the model, and what it holds that cannot be served here
//	}
//	defer model.Close()
//	resp, err := model.Infer(ctx, req) // model is an infer.Model
//
// A folder is a model when it has version folders with a model file each, and beside them, if it wants, config.pbtxt and the
// label files that this names:
//
//	iris/config.pbtxt
//	iris/labels.txt
//	iris/1/model.onnx
//
// A folder that holds model.onnx itself, and a single .onnx file, are models with the one version 1.
//
// # Versions
//
// Every version that the policy of config.pbtxt names (by default the highest) is loaded. One that does not load is reported,
// and answers UNAVAILABLE with the reason; the others serve. A request without a version goes to the highest that serves.
//
// # Pictures
//
// With
//
//	parameters { key: "manifold_image_input" value { string_value: "image" } }
//
// the FP32 or UINT8 input image also takes BYTES of shape [N] or [N,1]: PNG or JPEG files, or their base64 text. They are
// stretched to the input's height and width and become red, green and blue from 0 to 255 (or brightness, for one channel), in
// the order that format or the dims tell. Options.MaxPixels bounds the pixels of a request before any is decoded.
//
// # Labels
//
// With
//
//	parameters { key: "manifold_label_output" value { string_value: "predictions" } }
//
// a request that asks for no output by name is answered with one tensor, predictions: BYTES of shape [N], the label of the
// highest score of each row. The model's own outputs are there for whoever asks for them by name, and the metadata list all.
// A graph's condition on a lone output reads its rows, so `[@this].#(predictions.0=="animal")` holds as in KServe's tutorials.
//
// # Memory
//
// Infer borrows the request and copies what it keeps. The package knows no transport, no graph and no other model.
package modelserver
