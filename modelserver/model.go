package modelserver

import (
	"context"
	"strconv"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// Model is a model that is served in this process. It is safe for concurrent use.
type Model struct {
	name      string
	maxPixels int
	config    *inferencepb.ModelConfig
	signature *signature
	versions  []*version // ascending; at least one serves
	metadata  *infer.Metadata
	closed    atomic.Bool
}

var _ infer.Model = (*Model)(nil)

// Infer computes the outputs that req asks for by name, in its order; without any the labels, if the model has an output of
// labels, otherwise all outputs. The response is in raw form, and has the model's name, the number of the version that
// computed it, and the request's id.
//
// A request waits for a place to compute as long as ctx lasts. The error's code is INVALID_ARGUMENT when the request does not
// fit the model, NOT_FOUND and UNAVAILABLE when it names a version that is not there or did not load, UNAVAILABLE after Close,
// and INTERNAL when the network fails. The origin names the model.
func (m *Model) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	resp, err := m.infer(ctx, req)
	return resp, infer.At("model "+m.name, err)
}

func (m *Model) infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	v, err := m.version(req.ModelVersion())
	if err != nil {
		return nil, err
	}
	if err := req.Validate(); err != nil {
		return nil, err
	}
	feeds, err := m.signature.feeds(req)
	if err != nil {
		return nil, err
	}
	list, err := m.signature.wants(req)
	if err != nil {
		return nil, err
	}
	outputs, err := v.compute(ctx, m.signature, feeds, list, m.maxPixels)
	if err != nil {
		return nil, err
	}
	return infer.NewResponse(infer.Head{ModelName: m.name, ModelVersion: v.name(), ID: req.ID()}, outputs), nil
}

// version finds the version of that number, or the highest that serves if none is given.
func (m *Model) version(number string) (*version, error) {
	if m.closed.Load() {
		return nil, errClosed(nil)
	}
	if number == "" {
		return m.highest(), nil
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return nil, invalid("version %q is not a number; leave it out for the highest", bounded([]string{number})[0])
	}
	for _, v := range m.versions {
		switch {
		case v.number != int64(n):
		case v.failed != nil:
			return nil, &infer.Error{Code: codes.Unavailable, Reason: "version " + number + " did not load: " + v.failed.Error(), Cause: v.failed}
		default:
			return v, nil
		}
	}
	return nil, infer.Errorf(codes.NotFound, "version %d is not served; there are %q", n, m.metadata.Versions)
}

func (m *Model) highest() *version {
	for i := len(m.versions) - 1; i > 0; i-- {
		if m.versions[i].failed == nil {
			return m.versions[i]
		}
	}
	return m.versions[0]
}

// Metadata describes the inputs and outputs and lists the versions that serve. Its properties have the parameters
// manifold_image_input and manifold_label_output of the configuration.
func (m *Model) Metadata(context.Context) (*infer.Metadata, error) { return m.metadata, nil }

func newMetadata(name string, s *signature, config *inferencepb.ModelConfig, versions []*version) *infer.Metadata {
	md := &infer.Metadata{Name: name, Platform: config.GetPlatform()}
	md.Inputs, md.Outputs = s.metadata()
	for _, v := range versions {
		if v.failed == nil {
			md.Versions = append(md.Versions, v.name())
		}
	}
	for _, key := range []string{imageInput, labelOutput} {
		if value := parameter(config, key); value != "" {
			if md.Properties == nil {
				md.Properties = map[string]string{}
			}
			md.Properties[key] = value
		}
	}
	return md
}

// Ready is nil until the model is closed, UNAVAILABLE afterwards.
func (m *Model) Ready(context.Context) error {
	if m.closed.Load() {
		return infer.At("model "+m.name, errClosed(nil))
	}
	return nil
}

// Version is the model as requests for one version see it. The error is INVALID_ARGUMENT when version is not a number, NOT_FOUND
// when there is none of it, UNAVAILABLE when it did not load.
func (m *Model) Version(version string) (infer.Model, error) {
	if _, err := m.version(version); err != nil {
		return nil, infer.At("model "+m.name, err)
	}
	return m, nil
}

// Config is the model's configuration, completed from its file. The caller must not change it.
func (m *Model) Config(context.Context) (*inferencepb.ModelConfig, error) { return m.config, nil }

// Stream implements [infer.Streamer]: every request has one response.
func (m *Model) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	return infer.StreamOnce(ctx, m, req, yield)
}

// Statistics implements [infer.Reporter].
func (m *Model) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	var all []*inferencepb.ModelStatistics
	for _, v := range m.versions {
		if v.failed == nil {
			all = append(all, v.counter.Statistics(m.name, v.name()))
		}
	}
	return all, nil
}

// Close lets the networks go. Requests that compute finish, later ones are UNAVAILABLE.
func (m *Model) Close() {
	if m.closed.Swap(true) {
		return
	}
	closeAll(m.versions)
}

func closeAll(versions []*version) {
	for _, v := range versions {
		if v.failed == nil {
			v.network.Close()
		}
	}
}
