package standin

import (
	"context"
	"maps"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/internal/oiptest/models"
	"github.com/manifold-serving/manifold/server"
)

// Repository has models, each loaded or not. It is safe for concurrent use.
type Repository struct {
	declared map[string]*models.Model

	mu    sync.RWMutex
	state map[string]*models.Model // as it is now
}

var _ server.Catalog = (*Repository)(nil)

// NewRepository has the models of those names, or all when none is given, loaded. The error names a model that there is not.
func NewRepository(names ...string) (*Repository, error) {
	r := &Repository{declared: map[string]*models.Model{}}
	for _, m := range models.All() {
		if len(names) == 0 || slices.Contains(names, m.Name()) {
			r.declared[m.Name()] = m
		}
	}
	for _, name := range names {
		if r.declared[name] == nil {
			return nil, unknown(name)
		}
	}
	r.state = maps.Clone(r.declared)
	return r, nil
}

// Model implements [server.Catalog]. One that is not loaded is found, and has no version to answer with.
func (r *Repository) Model(_ context.Context, name, version string) (infer.Model, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m, ok := r.state[name]
	if !ok {
		return nil, unknown(name)
	}
	if _, absent := m.Versions(); version == "" || absent != "" {
		return m, nil
	}
	return m.Version(version)
}

// Hosts implements [server.Catalog]: there are no upstream servers.
func (*Repository) Hosts(context.Context, string, string) bool { return false }

func unknown(name string) error { return infer.Errorf(codes.NotFound, "there is no model %q", name) }

// sorted are the models as they are now, by name.
func (r *Repository) sorted() []*models.Model {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]*models.Model, 0, len(r.state))
	for _, name := range slices.Sorted(maps.Keys(r.state)) {
		all = append(all, r.state[name])
	}
	return all
}

// Index implements [server.Catalog].
func (r *Repository) Index(context.Context) ([]*inferencepb.RepositoryIndexResponse_ModelIndex, error) {
	var index []*inferencepb.RepositoryIndexResponse_ModelIndex
	for _, m := range r.sorted() {
		versions, absent := m.Versions()
		state := "READY"
		if absent != "" {
			state, versions = "UNAVAILABLE", versions[len(versions)-1:]
		}
		for _, v := range versions {
			index = append(index, &inferencepb.RepositoryIndexResponse_ModelIndex{Name: m.Name(), Version: v, State: state, Reason: absent})
		}
	}
	return index, nil
}

// Statistics implements [server.Catalog]: those of the models that are loaded.
func (r *Repository) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	var all []*inferencepb.ModelStatistics
	for _, m := range r.sorted() {
		if m.Ready(ctx) != nil {
			continue
		}
		of, err := m.Statistics(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

// Server implements [server.Catalog]: the repository administers itself, whatever it is called.
func (r *Repository) Server(string) (server.Administrator, error) { return r, nil }

// Ready implements [server.Catalog].
func (*Repository) Ready(context.Context) error { return nil }
