package models_test

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/internal/oiptest/models"
)

// A repository of the twins has the configuration that each model tells of itself.
func TestRepositoriesOfTwins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := models.All()
	if err := models.Write(dir, all); err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		want, err := m.Config(t.Context())
		if m.Name() == "anything" || err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, m.Name(), "config.pbtxt"))
		if err != nil {
			t.Fatal(err)
		}
		got := &inferencepb.ModelConfig{}
		if err := prototext.Unmarshal(text, got); err != nil || !proto.Equal(want, got) {
			t.Errorf("%s: %v\n%s", m.Name(), err, text)
		}
	}
	if labels, err := os.ReadFile(filepath.Join(dir, "label", "labels.txt")); err != nil || string(labels) != "cat\ndog\na bird\n" {
		t.Errorf("%q, %v", labels, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "two", "2")); err != nil {
		t.Error(err)
	}
}
