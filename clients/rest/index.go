package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// listing is the index of a server, or that there is none.
type listing struct {
	entries []clients.IndexEntry
	none    bool
}

func (l listing) has(model string) bool {
	for i := range l.entries {
		if l.entries[i].Name == model {
			return true
		}
	}
	return false
}

const (
	maxIndexBytes   = 4 << 20
	maxIndexEntries = 32 << 10
)

// Index lists the models that the server has, as far as Models exposes them; it is remembered for a second. UNIMPLEMENTED, wrapping
// [clients.ErrNoIndex], when the server has no index.
func (s *Server) Index(ctx context.Context) ([]clients.IndexEntry, error) {
	l, err := s.index(ctx)
	if err != nil {
		return nil, err
	}
	if l.none {
		return nil, &infer.Error{Code: codes.Unimplemented, Origin: s.origin(nil), Reason: clients.ErrNoIndex.Error(), Cause: clients.ErrNoIndex}
	}
	return l.entries, nil
}

func (s *Server) index(ctx context.Context) (listing, error) {
	return s.listing.get(ctx, "", always[listing](doubtfulLife), func(ctx context.Context) (listing, error) {
		for _, way := range s.ways() {
			a, err := s.ask(ctx, "", way.query)
			if err != nil {
				return listing{}, err
			}
			if a.status != http.StatusOK {
				continue // it does not know that path
			}
			entries, err := way.read(a.body)
			if err == nil && len(entries) > maxIndexEntries {
				err = errTooMany
			}
			if err != nil {
				return listing{}, s.broken(a, "its list of models", err)
			}
			return s.exposed(entries), nil
		}
		return listing{none: true}, nil
	})
}

var errTooMany = errors.New("it has too many entries")

// way is how servers list their models.
type way struct {
	query query
	read  func([]byte) ([]clients.IndexEntry, error)
}

// ways are Triton's and MLServer's index, and KServe's list of names.
func (s *Server) ways() []way {
	if s.options.Protocol == clients.V1 {
		return []way{{query{method: http.MethodGet, path: "/v1/models", limit: maxIndexBytes, takes: ignorant}, readNames}}
	}
	post := query{
		method: http.MethodPost, path: "/v2/repository/index", limit: maxIndexBytes, takes: ignorant,
		header: http.Header{"Content-Type": {"application/json"}}, body: newBody(nil, []byte("{}")),
	}
	return []way{{post, readIndex}, {query{method: http.MethodGet, path: "/v2/models", limit: maxIndexBytes, takes: ignorant}, readNames}}
}

func readIndex(text []byte) ([]clients.IndexEntry, error) {
	var all []struct{ Name, Version, State, Reason string }
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	entries := make([]clients.IndexEntry, len(all))
	for i, e := range all {
		entries[i] = clients.IndexEntry{Name: e.Name, Version: e.Version, State: e.State, Reason: e.Reason}
	}
	return entries, nil
}

func readNames(text []byte) ([]clients.IndexEntry, error) {
	var all struct {
		Models []string `json:"models"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	entries := make([]clients.IndexEntry, len(all.Models))
	for i, name := range all.Models {
		entries[i] = clients.IndexEntry{Name: name}
	}
	return entries, nil
}

func (s *Server) exposed(entries []clients.IndexEntry) listing {
	var l listing
	for _, e := range entries {
		if s.options.Exposes(e.Name) {
			l.entries = append(l.entries, e)
		}
	}
	return l
}
