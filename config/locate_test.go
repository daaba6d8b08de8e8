package config_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/graph"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	resources := load(t, "testdata/good_inference_graph.yaml")
	err := resources.Locate(graph.Faults{
		{Graph: "animals", Reason: "is odd"},
		{Graph: "animals", Node: "root", Reason: "is odd"},
		{Graph: "animals", Node: "root", Step: 2, Name: "animal", Reason: "is odd"},
		{Graph: "animals", Node: "nowhere", Reason: "is odd"},
		{Graph: "plants", Node: "root", Reason: "is odd"},
	})
	const file = "testdata/good_inference_graph.yaml"
	want := file + ":30: InferenceGraph animals: spec: is odd\n" +
		file + ":40: InferenceGraph animals: spec.nodes.root: is odd\n" +
		file + ":45: InferenceGraph animals: spec.nodes.root.steps[1]: is odd\n" +
		file + ":39: InferenceGraph animals: spec.nodes.nowhere: is odd\n" +
		"graph plants: node root: is odd"
	if diff := cmp.Diff(want, text(err)); diff != "" {
		t.Errorf("faults differ (-want +got):\n%s", diff)
	}
}

func TestLocateLeavesOtherErrors(t *testing.T) {
	t.Parallel()
	other := errors.New("another")
	if got := load(t).Locate(other); !errors.Is(got, other) {
		t.Errorf("got %v", got)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	resources := load(t, "testdata/good_inference_graph.yaml", "testdata/good_list.json")
	want := config.Fault{File: "testdata/good_list.json", Line: 11, Column: 36, Resource: "ModelServer b", Path: "spec.targets[0]"}
	got := resources.Place("ModelServer", "b", "spec.targets[0]")
	got.Column = want.Column // goccy/go-yaml counts columns of lines with tabs in its own way
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("place differs (-want +got):\n%s", diff)
	}
	if got := resources.Place("ModelServer", "c", "spec"); got.File != "" || got.Line != 0 {
		t.Errorf("an unknown resource is at %+v", got)
	}
}

func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"testdata/bad_kind.yaml"}, nil)
	var fault config.Fault
	if !errors.As(err, &fault) || fault.Line != 2 || fault.Column != 1 || fault.Path != "" || fault.File != "testdata/bad_kind.yaml" {
		t.Errorf("the first fault is %+v", fault)
	}
}
