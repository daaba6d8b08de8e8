package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/clients"
	"github.com/manifold-serving/manifold/infer"
)

// What the answers to questions about a server may have, in bytes.
const (
	maxProbe    = 64 << 10
	maxMetadata = 1 << 20
)

// traits are how a server of V2 takes tensors, and what it tells.
type traits struct {
	binary bool // behind the JSON
	base64 bool // BYTES that are not text, marked; MLServer alone
	config bool // GET …/config tells a model's configuration
}

// aboutServer is what a server tells of itself. Source: OIP v2, "Server Metadata".
type aboutServer struct {
	Name       string   `json:"name"`
	Extensions []string `json:"extensions"`
}

// pathOfAll is where it is asked for.
const pathOfAll = "/v2"

// told asks what the server says of itself. One that says nothing takes JSON.
func (s *Server) told(ctx context.Context) (traits, error) {
	return s.traits.get(ctx, "", always[traits](lifetime), func(ctx context.Context) (traits, error) {
		a, err := s.ask(ctx, "", query{method: http.MethodGet, path: pathOfAll, limit: maxMetadata, takes: ignorant})
		if err != nil || a.status != http.StatusOK {
			return traits{}, err
		}
		var server aboutServer
		if err := json.Unmarshal(a.body, &server); err != nil {
			return traits{}, nil //nolint:nilerr // what is not metadata tells nothing
		}
		return traits{
			binary: slices.Contains(server.Extensions, "binary_tensor_data"),
			base64: strings.EqualFold(server.Name, "mlserver"),
			config: slices.Contains(server.Extensions, "model_configuration"),
		}, nil
	})
}

// ready asks whether a model is ready: an answer of success is yes, unless it says no.
func (s *Server) ready(ctx context.Context, path, model string) error {
	a, err := s.ask(ctx, model, probing(path))
	if err != nil {
		return err
	}
	return s.readiness(a, model)
}

func probing(path string) query {
	return query{method: http.MethodGet, path: path, limit: maxProbe, takes: anything}
}

// readyPath is where a model's readiness is asked for.
func (s *Server) readyPath(model string) string {
	if s.options.Protocol == clients.V1 {
		return predictorPath(model)
	}
	return modelPath(model) + "/ready"
}

func (s *Server) readiness(a *answer, model string) error {
	if a.status == http.StatusOK && !saysNo(a.body) {
		return nil
	}
	if code := codeOf(a.status); a.status == http.StatusNotFound || code == codes.Unauthenticated || code == codes.PermissionDenied {
		return s.refused(a)
	}
	return &infer.Error{Code: codes.Unavailable, Origin: s.origin(a.link), Reason: "model " + model + " is not ready"}
}

// saysNo reads KServe's {"ready": false} and TensorFlow Serving's list of versions without one that is AVAILABLE.
func saysNo(body []byte) bool {
	var status struct {
		Ready    *bool `json:"ready"`
		Versions []struct {
			State string `json:"state"`
		} `json:"model_version_status"`
	}
	if json.Unmarshal(body, &status) != nil {
		return false
	}
	for _, v := range status.Versions {
		if v.State == "AVAILABLE" {
			return false
		}
	}
	return len(status.Versions) > 0 || status.Ready != nil && !*status.Ready
}

func (m *model) askMetadata(ctx context.Context) (*infer.Metadata, error) {
	a, err := m.server.ask(ctx, m.name, query{method: http.MethodGet, path: m.path(m.version), limit: maxMetadata})
	if err != nil {
		return nil, err
	}
	described, err := decodeMetadata(a.body)
	if err != nil {
		return nil, m.server.broken(a, "its metadata", err)
	}
	return described, nil
}

func decodeMetadata(body []byte) (*infer.Metadata, error) {
	type tensor struct {
		Name     string         `json:"name"`
		DataType infer.DataType `json:"datatype"`
		Shape    []int64        `json:"shape"`
	}
	var told struct {
		Name     string   `json:"name"`
		Versions []string `json:"versions"`
		Platform string   `json:"platform"`
		Inputs   []tensor `json:"inputs"`
		Outputs  []tensor `json:"outputs"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return nil, err
	}
	described := func(all []tensor) []infer.TensorMetadata {
		list := make([]infer.TensorMetadata, len(all))
		for i, t := range all {
			list[i] = infer.TensorMetadata{Name: t.Name, DataType: t.DataType, Shape: t.Shape}
		}
		return list
	}
	return &infer.Metadata{
		Name: told.Name, Versions: told.Versions, Platform: told.Platform, Inputs: described(told.Inputs), Outputs: described(told.Outputs),
	}, nil
}

// Has reports whether the server has the model and exposes it, as [clients.Server.Has] does.
func (s *Server) Has(ctx context.Context, model string) (bool, error) {
	switch {
	case !s.options.Exposes(model):
		return false, nil
	case slices.Contains(s.Names(), model):
		return true, nil
	}
	l, err := s.index(ctx)
	if err != nil || !l.none {
		return err == nil && l.has(model), err
	}
	return s.presence.get(ctx, model, lifeOfPresence, func(ctx context.Context) (bool, error) {
		return s.askPresence(ctx, model)
	})
}

func lifeOfPresence(found bool) time.Duration {
	if found {
		return lifetime
	}
	return doubtfulLife
}

// askPresence asks for readiness, and for metadata when the model is not ready: it may exist all the same.
func (s *Server) askPresence(ctx context.Context, name string) (bool, error) {
	m := s.Model(name)
	err := m.Ready(ctx)
	if err == nil {
		return true, nil
	}
	if v2, ok := m.(*model); ok && infer.CodeOf(err) == codes.Unavailable {
		_, err = v2.askMetadata(ctx)
	}
	switch infer.CodeOf(err) {
	case codes.OK:
		return true, nil
	case codes.NotFound, codes.InvalidArgument, codes.Internal, codes.Unimplemented:
		return false, nil
	default:
		return false, err
	}
}
