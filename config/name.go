package config

import (
	"fmt"
	"regexp"
)

const (
	kindGateway          = "Gateway"
	kindModelServer      = "ModelServer"
	kindInferenceService = "InferenceService"
	kindInferenceGraph   = "InferenceGraph"
)

// maxName bounds every name. A graph's name follows KServe's webhook (v1alpha1/inference_graph_validation.go), the others what
// model servers take as a model's name; neither can lead out of a folder.
const maxName = 128

// A name that passes holds no slash and does not start with a dot.
var (
	graphName = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
	modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// nameFaults says what is wrong with metadata.name, when it is text at all.
func (d *document) nameFaults() Faults {
	name, isText := d.get("metadata", "name").(string)
	if !isText && d.get("metadata", "name") != nil {
		return nil // its type is the fault, and is reported as one
	}
	if message := nameFault(d.kind(), name); message != "" {
		return Faults{d.fault("metadata.name", "metadata.name", message)}
	}
	return nil
}

func nameFault(kind, name string) string {
	switch {
	case name == "":
		return "is missing: every resource has a name"
	case len(name) > maxName:
		return fmt.Sprintf("%s has %d letters, at most %d are allowed", short(name), len(name), maxName)
	case kind == kindInferenceGraph && !graphName.MatchString(name):
		return short(name) + " cannot name a graph: KServe takes small letters, digits and dashes, a letter first and no dash last"
	case !modelName.MatchString(name):
		return short(name) + " cannot be a name: take letters, digits, dots, dashes and underscores, a letter or digit first"
	}
	return ""
}
