package server_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// TestModelConfigHasTheNameThatWasAskedFor: C-01.
func TestModelConfigHasTheNameThatWasAskedFor(t *testing.T) {
	t.Parallel()
	g := start(t, &catalog{models: models()})
	got, err := g.client.ModelConfig(t.Context(), &inferencepb.ModelConfigRequest{Name: "echo", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	inner, err := (&model{}).Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	inner.Name = "echo"
	if diff := cmp.Diff(inner, got.GetConfig(), protocmp.Transform()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	for name, code := range map[string]codes.Code{"nobody": codes.NotFound, "": codes.InvalidArgument, "a/b": codes.InvalidArgument} {
		if _, err := g.client.ModelConfig(t.Context(), &inferencepb.ModelConfigRequest{Name: name}); status.Code(err) != code {
			t.Errorf("%q: %v, want %v", name, err, code)
		}
	}
}

// TestModelStatisticsOfOneOrAll: C-01; no name is all of them.
func TestModelStatisticsOfOneOrAll(t *testing.T) {
	t.Parallel()
	counted := &model{}
	if _, err := counted.counter.Infer(t.Context(), infer.HandlerFunc(func(context.Context, *infer.Request) (*infer.Response, error) {
		return nil, nil //nolint:nilnil // it is only counted
	}), nil); err != nil {
		t.Fatal(err)
	}
	g := start(t, &catalog{models: map[string]infer.Model{"echo": counted, "other": &model{}}})
	for name, want := range map[string][]uint64{"echo": {1}, "other": {0}, "": {1, 0}} {
		got, err := g.client.ModelStatistics(t.Context(), &inferencepb.ModelStatisticsRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		var counts []uint64
		for _, s := range got.GetModelStats() {
			counts = append(counts, s.GetInferenceCount())
		}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("%q: want -, got +\n%s", name, diff)
		}
	}
	if _, err := g.client.ModelStatistics(t.Context(), &inferencepb.ModelStatisticsRequest{Name: "nobody"}); status.Code(err) != codes.NotFound {
		t.Errorf("%v, want NOT_FOUND", err)
	}
}

// half has a model that is not ready.
type half struct{ catalog }

func (h *half) Index(ctx context.Context) ([]*inferencepb.RepositoryIndexResponse_ModelIndex, error) {
	index, err := h.catalog.Index(ctx)
	return append(index, &inferencepb.RepositoryIndexResponse_ModelIndex{Name: "late", State: "UNAVAILABLE", Reason: "loading"}), err
}

func TestRepositoryIndex(t *testing.T) {
	t.Parallel()
	g := start(t, &half{catalog{models: map[string]infer.Model{"echo": &model{}}}})
	for ready, want := range map[bool][]string{true: {"echo"}, false: {"echo", "late"}} {
		got, err := g.client.RepositoryIndex(t.Context(), &inferencepb.RepositoryIndexRequest{Ready: ready})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range got.GetModels() {
			names = append(names, m.GetName())
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("ready %v: want -, got +\n%s", ready, diff)
		}
	}
	_, err := g.client.RepositoryIndex(t.Context(), &inferencepb.RepositoryIndexRequest{RepositoryName: "/models"})
	if status.Code(err) != codes.Unimplemented { // as Triton says it over gRPC
		t.Errorf("a repository with a name: %v, want UNIMPLEMENTED", err)
	}
}
