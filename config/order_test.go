package config_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/manifold-serving/manifold/config"
)

// TestOrderDoesNotMatter loads random resources, sound and not, in two orders: the same are loaded, and as many faults are found.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		documents := rapid.SliceOfN(document(), 1, 8).Draw(t, "documents")
		shuffled := rapid.Permutation(documents).Draw(t, "shuffled")
		a, errA := loadText(strings.Join(documents, "---\n"))
		b, errB := loadText(strings.Join(shuffled, "---\n"))
		if (errA == nil) != (errB == nil) {
			t.Fatalf("one order has faults:\n%v\nthe other:\n%v", errA, errB)
		}
		if errA != nil {
			if len(lines(errA)) != len(lines(errB)) {
				t.Fatalf("faults in one order:\n%v\nin the other:\n%v", errA, errB)
			}
			return
		}
		if diff := gocmp.Diff(summary(a), summary(b)); diff != "" {
			t.Errorf("resources differ (-one +other):\n%s", diff)
		}
	})
}

func lines(err error) []string { return strings.Split(err.Error(), "\n") }

// document is a resource with one of few names, so that some clash.
func document() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		name := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "Bad", "../x"}).Draw(t, "name")
		field := rapid.SampledFrom([]string{"", "", "", "colour: red\n"}).Draw(t, "field")
		return field + rapid.SampledFrom([]string{
			modelServer(name),
			fmt.Sprintf("kind: InferenceGraph\napiVersion: serving.kserve.io/v1alpha1\nmetadata: {name: %s}\nspec: {nodes: {}}\n", name),
			fmt.Sprintf("kind: InferenceService\napiVersion: serving.kserve.io/v1beta1\nmetadata: {name: %s}\n"+
				"spec: {predictor: {onnx: {storageUri: 'file:x.onnx'}}}\n", name),
			fmt.Sprintf("kind: Gateway\napiVersion: manifold.dev/v1alpha1\nmetadata: {name: %s}\n", name),
		}).Draw(t, "document")
	})
}

// summary is every resource by kind and name, sorted.
func summary(r *config.Resources) []string {
	var all []string
	for _, s := range r.ModelServers {
		all = append(all, fmt.Sprintf("server %s %+v", s.Metadata.Name, s.Spec))
	}
	for _, s := range r.InferenceServices {
		path, _ := s.StoragePath()
		all = append(all, fmt.Sprintf("service %s %s %+v", s.Metadata.Name, path, s.Target))
	}
	for _, g := range r.InferenceGraphs {
		all = append(all, fmt.Sprintf("graph %s %+v", g.Metadata.Name, g.Spec))
	}
	if r.Gateway != nil {
		all = append(all, "gateway "+r.Gateway.Metadata.Name)
	}
	slices.SortFunc(all, cmp.Compare[string])
	return all
}
