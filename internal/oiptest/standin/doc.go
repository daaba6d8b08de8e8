// Package standin stands in for a Triton where there is none: a model server with the gateway's own edges in front of the models of
// [github.com/manifold-serving/manifold/internal/oiptest/models]. Models are loaded and unloaded as in Triton's explicit mode, and all
// are loaded at the start.
//
//	at := standin.Serve(t) // in a test; from a shell: go run ./internal/oiptest/cmd/modelserver
package standin
