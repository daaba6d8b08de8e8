// Package infercmd is the command `manifold infer`: a client of any server that speaks the Open Inference Protocol, over gRPC or
// REST, with inputs from flags, files and pictures. It knows the message and nothing else of the gateway.
package infercmd
