// Package onnx runs ONNX networks in-process on gomlx's pure-Go backend.
//
// It is the only package of Manifold that touches gomlx, and it knows nothing of
// requests, repositories or transports: bytes of tensors in, bytes of tensors out.
//
//	net, err := onnx.Open(ctx, "iris/1/model.onnx", onnx.Options{MaxBatchSize: 8})
//	if err != nil {
//		return err // names the file, and what it holds that cannot run here
//	}
//	defer net.Close()
//	outputs, err := net.Run(ctx, []onnx.Tensor{{
//		Name: "features", DataType: "FP32", Shape: []int64{1, 4}, Data: raw,
//	}})
//
// # Shapes and batches
//
// The library compiles a network once per input shape, which takes some milliseconds
// and, inside the library, three forced garbage collections of the process. So a
// network with a batch axis runs in buckets of 1, 2, 4, … MaxBatchSize rows, all
// compiled by Open: a batch is filled up to its bucket with copies of its last row and
// the result is cut. (Copies, not zeros: a zero can be an invalid value, a divisor for
// example, a row that the caller sent cannot.) Shapes that vary on other axes are
// compiled when they first come, and the least recently used beyond MaxShapes are
// forgotten.
//
// # Memory
//
// Run reads the Data of its inputs and keeps no reference to it; the Data of its
// outputs belongs to the caller.
//
// # What runs
//
// The operators in the table of operators.go, whose meaning changed over the operator
// sets only from the set on that the library implements. Everything else, and string
// tensors, is refused by Open with ErrUnsupported.
//
// # Race builds
//
// The library's matrix kernels compute addresses in a way that the pointer checks of
// `go test -race` kill the process for. The tests of this package that run the library
// therefore skip themselves in race builds, unless those checks are off for it:
//
//	go test -race -gcflags=github.com/gomlx/compute/...=-d=checkptr=0 ./modelserver/...
//
// They see which is the case in their build information (oiptest.NeedsRuntime), so
// this command line is all that `make race` needs.
package onnx
