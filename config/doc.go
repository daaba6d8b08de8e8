// Package config reads resources: strict YAML with Kubernetes' shape becomes typed, defaulted and checked structs.
//
// [Load] takes what `manifold serve -f` takes (files, folders, globs and "-"), and answers every fault it finds at once, each with
// its file, line and cure:
//
//	resources, err := config.Load([]string{"examples/animals-and-plants"}, os.Stdin)
//	if err != nil {
//		fmt.Fprintln(os.Stderr, err) // inference_graph.yaml:12: InferenceGraph animals: spec.nodes.root.steps[1]: unknown field …
//	}
//
// What it reads: InferenceGraph and InferenceService of serving.kserve.io, as KServe's users have them, and ModelServer and Gateway
// of manifold.dev. A field that Manifold would not honour is refused, not passed over; only the parts of a KServe resource that
// belong to Kubernetes (pods, scaling, status, what the API server writes into metadata) are accepted unread.
//
// YAML is decoded by sigs.k8s.io/yaml, so a file means here what it means to kubectl. The document is then compared with the
// types field by field, which is what finds all faults rather than the first. goccy/go-yaml is asked only where a field stands,
// and only when there is a fault to tell.
//
// The package opens no connections and runs nothing: it knows the types of graph, clients and server, and their checks.
package config
