package modelserver

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// ignored lists what config has and the embedded runtime has no use for, in the words of config.pbtxt. None of it changes a
// result; what would is refused.
func ignored(config *inferencepb.ModelConfig) []string {
	var names []string
	config.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch field.Name() {
		case "name", "platform", "backend", "version_policy", "max_batch_size", "input", "output", "default_model_filename":
		case "model_transaction_policy", "model_operations", "model_repository_agents": // there, but empty
		case "instance_group", "parameters":
		case "dynamic_batching":
			names = append(names, "dynamic_batching (requests run one by one)")
		case "model_warmup":
			names = append(names, "model_warmup (every batch size is compiled at load anyway)")
		default:
			names = append(names, string(field.Name()))
		}
		return true
	})
	for key := range config.GetParameters() {
		if !strings.HasPrefix(key, ownParameters) {
			names = append(names, fmt.Sprintf("parameters %q", key))
		}
	}
	names = append(names, ignoredInstances(config)...)
	slices.Sort(names)
	return names
}

func ignoredInstances(config *inferencepb.ModelConfig) []string {
	var names []string
	for i, group := range config.GetInstanceGroup() {
		if !onCPU(group) {
			names = append(names, fmt.Sprintf("instance_group %d (%v; the model runs on the CPU)", i, group.GetKind()))
			continue
		}
		group.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			switch field.Name() {
			case "name", "kind", "count", "passive":
			default:
				names = append(names, fmt.Sprintf("instance_group %d %s", i, field.Name()))
			}
			return true
		})
	}
	return names
}

func onCPU(group *inferencepb.ModelInstanceGroup) bool {
	kind := group.GetKind()
	return kind == inferencepb.ModelInstanceGroup_KIND_CPU || kind == inferencepb.ModelInstanceGroup_KIND_AUTO
}

// instances is how many requests may compute at once, as the instance groups on the CPU add up, and 0 when none says.
func instances(config *inferencepb.ModelConfig) int {
	sum := 0
	for _, group := range config.GetInstanceGroup() {
		if onCPU(group) && !group.GetPassive() {
			sum += max(int(group.GetCount()), 1)
		}
	}
	return sum
}
