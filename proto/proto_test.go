// Package proto_test holds the schema and its HTTP bindings to the facts of the wire.
package proto_test

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

// TestWire is rule P-01: names, numbers and types as servers and clients have them.
// testdata/wire.txt has no -update: it changes when the wire does.
func TestWire(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("testdata/wire.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(strings.Split(string(golden), "\n"), func(line string) bool {
		return line == "" || strings.HasPrefix(line, "#")
	})
	got := strings.Split(strings.TrimSuffix(
		describe(inferencepb.File_inference_inference_proto)+describe(inferencepb.File_inference_model_config_proto), "\n"), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the schema differs from testdata/wire.txt (-want +got):\n%s", diff)
	}
}

// TestMethodNames checks the names by which the generated code serves the 20 RPCs.
func TestMethodNames(t *testing.T) {
	t.Parallel()
	want := []string{
		"ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer", // OIP's six
		"ModelStreamInfer", "ModelConfig", "ModelStatistics",
		"RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload",
		"SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister",
		"CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister",
		"TraceSetting", "LogSettings",
	}
	desc := inferencepb.GRPCInferenceService_ServiceDesc
	var got []string
	for _, m := range desc.Methods {
		got = append(got, m.MethodName)
	}
	for _, s := range desc.Streams {
		got = append(got, s.StreamName)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("methods differ (-want +got):\n%s", diff)
	}
	if got, want := desc.ServiceName, "inference.GRPCInferenceService"; got != want {
		t.Errorf("service name = %q, want %q", got, want)
	}
}

// TestConfigText parses configurations as users write them. Together they set every
// field, so that a renamed one fails here.
func TestConfigText(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.pbtxt")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[protoreflect.FullName]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var config inferencepb.ModelConfig
		if err := prototext.Unmarshal(text, &config); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		markSet(config.ProtoReflect(), seen)
	}
	for message := range allMessages(inferencepb.File_inference_model_config_proto.Messages()) {
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			if enum := field.Enum(); enum != nil && enum.Values().Len() == 1 {
				continue // its only value is the zero value, which never counts as set
			}
			if !seen[field.FullName()] {
				t.Errorf("no file in testdata sets %s", field.FullName())
			}
		}
	}
}

// describe writes what file says in the syntax of testdata/wire.txt.
func describe(file protoreflect.FileDescriptor) string {
	var b strings.Builder
	for i := range file.Services().Len() {
		methods := file.Services().Get(i).Methods()
		for j := range methods.Len() {
			m := methods.Get(j)
			fmt.Fprintf(&b, "rpc /%s/%s %s%s -> %s%s\n", m.Parent().FullName(), m.Name(),
				stream(m.IsStreamingClient()), m.Input().FullName(),
				stream(m.IsStreamingServer()), m.Output().FullName())
		}
	}
	describeEnums(&b, file.Enums())
	for message := range allMessages(file.Messages()) {
		fmt.Fprintf(&b, "message %s\n", message.FullName())
		for i := range message.Fields().Len() {
			describeField(&b, message.Fields().Get(i))
		}
		describeEnums(&b, message.Enums())
	}
	return b.String()
}

func stream(on bool) string {
	if on {
		return "stream "
	}
	return ""
}

func describeEnums(b *strings.Builder, enums protoreflect.EnumDescriptors) {
	for i := range enums.Len() {
		fmt.Fprintf(b, "enum %s\n", enums.Get(i).FullName())
		values := enums.Get(i).Values()
		for j := range values.Len() {
			fmt.Fprintf(b, "  %d %s\n", values.Get(j).Number(), values.Get(j).Name())
		}
	}
}

func describeField(b *strings.Builder, f protoreflect.FieldDescriptor) {
	kind := typeName(f)
	switch {
	case f.IsMap():
		kind = fmt.Sprintf("map<%s, %s>", typeName(f.MapKey()), typeName(f.MapValue()))
	case f.IsList():
		kind = "repeated " + kind
	}
	fmt.Fprintf(b, "  %d %s %s", f.Number(), f.Name(), kind)
	if oneof := f.ContainingOneof(); oneof != nil {
		fmt.Fprintf(b, " (%s)", oneof.Name())
	}
	b.WriteByte('\n')
}

func typeName(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Message() != nil:
		return string(f.Message().FullName())
	case f.Enum() != nil:
		return string(f.Enum().FullName())
	}
	return f.Kind().String()
}

// allMessages yields messages and those nested in them, but not the entries of maps.
func allMessages(messages protoreflect.MessageDescriptors) iter.Seq[protoreflect.MessageDescriptor] {
	return func(yield func(protoreflect.MessageDescriptor) bool) {
		for i := range messages.Len() {
			message := messages.Get(i)
			if message.IsMapEntry() {
				continue
			}
			if !yield(message) {
				return
			}
			for nested := range allMessages(message.Messages()) {
				if !yield(nested) {
					return
				}
			}
		}
	}
}

// markSet adds to seen the fields that are set anywhere in m.
func markSet(m protoreflect.Message, seen map[protoreflect.FullName]bool) {
	for field, value := range m.Range {
		seen[field.FullName()] = true
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			for _, v := range value.Map().Range {
				markSet(v.Message(), seen)
			}
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				markSet(value.List().Get(i).Message(), seen)
			}
		case !field.IsMap() && !field.IsList() && field.Message() != nil:
			markSet(value.Message(), seen)
		}
	}
}
