// Package deflate teaches grpc-go the message compression "deflate", which is zlib's format, as Triton's clients send it with
// -C deflate; grpc-go itself knows gzip alone. To import it is enough: grpc-go takes compressors during initialization only.
//
// The package knows nothing of inference.
package deflate
