package config_test

import (
	"fmt"

	"github.com/manifold-serving/manifold/config"
)

// Every fault of all files is told at once, with its line and what was probably meant.
func ExampleLoad() {
	resources, err := config.Load([]string{"testdata/good_inference_graph.yaml", "testdata/bad_unknown_field.yaml"}, nil)
	fmt.Println(len(resources.InferenceGraphs), "sound")
	fmt.Println(err)
	// Output:
	// 1 sound
	// testdata/bad_unknown_field.yaml:4: InferenceGraph animals: metadata.name: is written twice, first at testdata/good_inference_graph.yaml:2: keep one (namespaces do not tell models apart)
	// testdata/bad_unknown_field.yaml:12: InferenceGraph animals: spec.nodes.root.steps[1]: unknown field "serviceNam", did you mean "serviceName"?
	// testdata/bad_unknown_field.yaml:13: InferenceGraph animals: spec.nodes.root.steps[1]: unknown field "wieght", did you mean "weight"?
	// testdata/bad_unknown_field.yaml:14: InferenceGraph animals: spec.nodes.root.steps[2]: unknown field "colour": the fields here are condition, data, dependency, mapPredictionsToInstances, name, nodeName, serviceName, serviceUrl, weight
}
