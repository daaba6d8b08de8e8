package models

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/tally"
)

// Model is a model of this package. It is safe for concurrent use.
type Model struct {
	config    *inferencepb.ModelConfig
	labels    map[string][]string // of the elements of an output
	versions  []version           // ascending
	kernel    kernel
	sequences *sequences // nil: requests do not depend on each other
	anything  bool       // inputs are not checked, and not known beforehand
	absent    string     // why it has no version to answer with; "" when it has
}

type version struct {
	name    string
	counter *tally.Counter
}

var _ infer.Model = (*Model)(nil)

// Name is the model's.
func (m *Model) Name() string { return m.config.GetName() }

// Infer implements [infer.Handler]. The error is UNIMPLEMENTED when the model is decoupled, NOT_FOUND when it did not load
// or has no such version, INVALID_ARGUMENT when the request is not for it, otherwise the model's own.
func (m *Model) Infer(ctx context.Context, req *infer.Request) (*infer.Response, error) {
	if m.decoupled() {
		return nil, infer.At("model "+m.Name(), infer.Errorf(codes.Unimplemented, "it is decoupled and answers any number of times; ask it over ModelStreamInfer"))
	}
	var response *infer.Response
	err := m.run(ctx, req, func(r infer.Reply) error {
		response = r.Response
		return nil
	})
	return response, infer.At("model "+m.Name(), err)
}

// Stream implements [infer.Streamer].
func (m *Model) Stream(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	if !m.decoupled() {
		return infer.StreamOnce(ctx, m, req, yield)
	}
	return infer.At("model "+m.Name(), m.run(ctx, req, yield))
}

// run checks a request, computes and counts.
func (m *Model) run(ctx context.Context, req *infer.Request, yield func(infer.Reply) error) error {
	v, err := m.find(req.ModelVersion())
	if err != nil {
		return err
	}
	c, err := m.check(req)
	if err != nil {
		return err
	}
	c.version = v.name
	r := &replies{call: c, yield: yield, single: !m.decoupled()}
	start := time.Now()
	err = m.kernel(ctx, c, r.give)
	if err == nil {
		err = r.finish()
	}
	if took := time.Since(start); err == nil {
		v.counter.Succeeded(tally.Times{Compute: took, Batch: int(c.batch)})
	} else {
		v.counter.Failed(took)
	}
	return err
}

func (m *Model) decoupled() bool { return m.config.GetModelTransactionPolicy().GetDecoupled() }

// Version is the model as requests for one version see it. The error is NOT_FOUND when there is none of it, INVALID_ARGUMENT when it
// is not a number.
func (m *Model) Version(number string) (infer.Model, error) {
	v, err := m.find(number)
	if err != nil {
		return nil, infer.At("model "+m.Name(), err)
	}
	one := *m
	one.versions = []version{v}
	return &one, nil
}

// Metadata implements [infer.Describer].
func (m *Model) Metadata(context.Context) (*infer.Metadata, error) {
	if m.absent != "" {
		return nil, m.notLoaded()
	}
	d := &infer.Metadata{Name: m.Name(), Platform: m.config.GetPlatform()}
	if d.Platform == "" {
		d.Platform = m.config.GetBackend()
	}
	for _, v := range m.versions {
		d.Versions = append(d.Versions, v.name)
	}
	for _, in := range m.config.GetInput() {
		d.Inputs = append(d.Inputs, infer.TensorMetadata{Name: in.GetName(), DataType: dataType(in.GetDataType()), Shape: m.shape(in.GetDims())})
	}
	for _, out := range m.config.GetOutput() {
		d.Outputs = append(d.Outputs, infer.TensorMetadata{Name: out.GetName(), DataType: dataType(out.GetDataType()), Shape: m.shape(out.GetDims())})
	}
	return d, nil
}

// Ready implements [infer.Prober].
func (m *Model) Ready(context.Context) error {
	if m.absent != "" {
		return m.notLoaded()
	}
	return nil
}

// Config implements [infer.Configurer].
func (m *Model) Config(context.Context) (*inferencepb.ModelConfig, error) {
	if m.absent != "" {
		return nil, m.notLoaded()
	}
	return m.config, nil
}

// Statistics implements [infer.Reporter].
func (m *Model) Statistics(context.Context) ([]*inferencepb.ModelStatistics, error) {
	var all []*inferencepb.ModelStatistics
	for _, v := range m.versions {
		all = append(all, v.counter.Statistics(m.Name(), v.name))
	}
	return all, nil
}

func (m *Model) notLoaded() error {
	return infer.Errorf(codes.NotFound, "model %s: it has no version to answer with: %s", m.Name(), m.absent)
}
