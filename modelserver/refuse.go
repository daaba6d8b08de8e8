package modelserver

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

const (
	platform = "onnxruntime_onnx"
	backend  = "onnxruntime"

	// elsewhere is the cure for what only a model server can do.
	elsewhere = "serve the model with a Triton server and name that in a ModelServer"
)

// refuse returns an error for everything in config that cannot be ignored without serving something else than was meant.
// All faults are reported together.
func refuse(config *inferencepb.ModelConfig) error {
	faults := []error{refuseBackend(config), refuseScheduling(config), refuseNumbers(config)}
	for _, in := range config.GetInput() {
		faults = append(faults, refuseTensor("input", in.GetName(), in.ProtoReflect()))
	}
	for _, out := range config.GetOutput() {
		faults = append(faults, refuseTensor("output", out.GetName(), out.ProtoReflect()))
	}
	for key := range config.GetParameters() {
		faults = append(faults, refuseParameter(key))
	}
	return errors.Join(faults...)
}

func refuseBackend(config *inferencepb.ModelConfig) error {
	switch {
	case config.GetEnsembleScheduling() != nil || config.GetPlatform() == "ensemble":
		return errors.New("ensemble_scheduling: the gateway chains models with an InferenceGraph; write one instead")
	case config.GetPlatform() != "" && config.GetPlatform() != platform:
		return fmt.Errorf("platform %q: the embedded runtime has %s only; %s", config.GetPlatform(), platform, elsewhere)
	case config.GetBackend() != "" && config.GetBackend() != backend:
		return fmt.Errorf("backend %q: the embedded runtime has %s only; %s", config.GetBackend(), backend, elsewhere)
	}
	return nil
}

// refuseScheduling refuses what changes how requests and responses belong together, or what the model file is.
func refuseScheduling(config *inferencepb.ModelConfig) error {
	var found []string
	for _, feature := range []struct {
		name string
		used bool
	}{
		{"sequence_batching", config.GetSequenceBatching() != nil},
		{"model_transaction_policy.decoupled", config.GetModelTransactionPolicy().GetDecoupled()},
		{"batch_input", len(config.GetBatchInput()) > 0},
		{"batch_output", len(config.GetBatchOutput()) > 0},
		{"model_operations.op_library_filename", len(config.GetModelOperations().GetOpLibraryFilename()) > 0},
		{"model_repository_agents", len(config.GetModelRepositoryAgents().GetAgents()) > 0},
	} {
		if feature.used {
			found = append(found, feature.name)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("the embedded runtime has no %s; %s", strings.Join(found, ", "), elsewhere)
}

func refuseNumbers(config *inferencepb.ModelConfig) error {
	if n := config.GetMaxBatchSize(); n < 0 {
		return fmt.Errorf("max_batch_size %d is negative; 0 means that the model does not batch", n)
	}
	for i, group := range config.GetInstanceGroup() {
		if n := group.GetCount(); n < 0 {
			return fmt.Errorf("instance_group %d: count %d is negative", i, n)
		}
	}
	if name := config.GetDefaultModelFilename(); name != "" && !filepath.IsLocal(name) {
		return fmt.Errorf("default_model_filename %q is not inside the version's folder", name)
	}
	return nil
}

// refuseTensor refuses all that a tensor's declaration has but for the fields that signature reads.
func refuseTensor(kind, name string, declaration protoreflect.Message) error {
	if name == "" {
		return fmt.Errorf("an %s has no name", kind)
	}
	var faults []error
	declaration.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch field.Name() {
		case "name", "data_type", "format", "dims", "reshape", "label_filename":
		default:
			faults = append(faults, fmt.Errorf("%s %q: the embedded runtime has no %s; %s", kind, name, field.Name(), elsewhere))
		}
		return true
	})
	return errors.Join(faults...)
}
