package config

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

const predictorPath = "spec.predictor"

// targetCure ends every message about a model that nothing could serve.
const targetCure = "name the model server that has it, annotation manifold.dev/target: HOST:PORT"

// serviceBuilder makes an InferenceService of what is written.
type serviceBuilder struct {
	doc    *document
	spec   *serviceSpec
	status serviceStatus
	field  string // that holds the model: "spec.predictor.model"

	unclear  bool // a fault hides which model it is or where
	faults   Faults
	warnings Faults
}

func (b *serviceBuilder) fault(path, format string, args ...any) {
	b.faults = append(b.faults, b.doc.fault(path, path, fmt.Sprintf(format, args...)))
}

// hide is fault, for what leaves open which model it is or where.
func (b *serviceBuilder) hide(path, format string, args ...any) {
	b.unclear = true
	b.fault(path, format, args...)
}

func (b *serviceBuilder) warn(path, format string, args ...any) {
	b.warnings = append(b.warnings, b.doc.fault(path, path, fmt.Sprintf(format, args...)))
}

// predictor is the one model of spec.predictor, in either form.
func (b *serviceBuilder) predictor() Predictor {
	b.field = child(predictorPath, "model")
	if b.spec.Predictor == nil {
		b.hide(predictorPath, "is missing: it says which model is served")
		return Predictor{}
	}
	model, held := b.spec.Predictor.Model, []string{}
	if model != nil {
		held = append(held, "model")
		b.checkFormat(model)
	}
	for _, old := range b.spec.Predictor.frameworks() {
		if old.model == nil {
			continue
		}
		held = append(held, old.field)
		model, b.field = old.model, child(predictorPath, old.field)
		model.ModelFormat.Name = old.field
	}
	if len(held) > 1 {
		b.hide(predictorPath, "holds more than one model: keep one of %s", strings.Join(held, ", "))
	}
	if model != nil {
		b.checkProtocol(model)
	}
	return Predictor{Model: model}
}

func (b *serviceBuilder) checkFormat(model *Model) {
	if model.ModelFormat.Name == "" {
		b.hide(child(child(b.field, "modelFormat"), "name"), "is missing: write the model's framework, such as onnx")
	}
}

func (b *serviceBuilder) checkProtocol(model *Model) {
	known := []string{"v1", "v2", "grpc-v1", "grpc-v2"}
	if model.ProtocolVersion != "" && !slices.Contains(known, model.ProtocolVersion) {
		b.fault(child(b.field, "protocolVersion"), "%s is none of %s", short(model.ProtocolVersion), strings.Join(known, ", "))
	}
}

// place is where the model is: a path on this machine, or a model server.
func (b *serviceBuilder) place(s InferenceService) (storage string, target *Target) {
	model := s.Spec.Predictor.Model
	declared := ""
	if model != nil {
		declared = model.ProtocolVersion
	}
	if model != nil && model.StorageURI != "" {
		storage = b.storagePath(model)
	}
	if text, found := s.Metadata.Annotations[targetAnnotation]; found {
		return storage, b.annotated(text, declared)
	}
	if storage != "" && strings.EqualFold(model.ModelFormat.Name, formatONNX) {
		b.warnEmbedded(storage)
		return storage, nil
	}
	if b.status.Address.URL != "" {
		return storage, b.addressed(b.status.Address.URL, declared)
	}
	if !b.unclear {
		b.fault(b.unservedField(model), "%s", unserved(model, storage))
	}
	return storage, nil
}

// storagePath is the path that a storageUri on this machine stands for, empty for one elsewhere.
func (b *serviceBuilder) storagePath(model *Model) string {
	path, err := localPath(model.StorageURI)
	if err != nil {
		b.hide(child(b.field, "storageUri"), "%v", err)
	}
	return resolvePath(path, b.doc.file)
}

func (b *serviceBuilder) annotated(text, declared string) *Target {
	target, err := parseTarget(text, declared)
	if err != nil {
		b.fault(child("metadata.annotations", targetAnnotation), "%v", err)
		return nil
	}
	return &target
}

func (b *serviceBuilder) addressed(text, declared string) *Target {
	target, err := parseAddress(text, declared)
	if err != nil {
		b.fault("status.address.url", "%v", err)
		return nil
	}
	return &target
}

// warnEmbedded tells what the embedded runtime will not do or find. A missing file is no fault: the same YAML is checked where the
// models are not.
func (b *serviceBuilder) warnEmbedded(storage string) {
	if _, err := os.Stat(storage); err != nil {
		b.warn(child(b.field, "storageUri"), "%s: %v", storage, reason(err))
	}
	const unrun = "is not run: the embedded runtime serves the model, and answers with the predictor alone"
	if b.spec.Transformer != nil {
		b.warn("spec.transformer", unrun)
	}
	if b.spec.Explainer != nil {
		b.warn("spec.explainer", unrun)
	}
}

// unservedField is the field that would have to be different for the model to be served.
func (b *serviceBuilder) unservedField(model *Model) string {
	switch {
	case model == nil:
		return predictorPath
	case model.StorageURI == "":
		return b.field
	default:
		return child(b.field, "storageUri")
	}
}

// unserved says why nothing can serve the model.
func unserved(model *Model, storage string) string {
	switch {
	case model == nil:
		return "holds no model that the embedded runtime could serve: " + targetCure
	case model.StorageURI == "":
		return "has no storageUri: write where its ONNX file is, such as file:models/cat.onnx, or " + targetCure
	case storage == "":
		return fmt.Sprintf("%s is not on this machine: copy the model here and write file:PATH, or %s", short(model.StorageURI), targetCure)
	default:
		return fmt.Sprintf("the embedded runtime serves the format onnx, not %s: export the model to ONNX, or %s", short(model.ModelFormat.Name), targetCure)
	}
}
