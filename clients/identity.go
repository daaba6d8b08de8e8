package clients

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
)

// identity is what a server says that it is.
type identity struct {
	name   string                     // empty when it does not tell
	models map[string]*infer.Metadata // nil for one that it does not have, or does not tell of
}

// asker asks a server a question, one way or another. The error is an *infer.Error.
type asker func(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error

// identify asks a server what it is, and what it has for models. The error says that it does not answer.
func identify(ctx context.Context, ask asker, models []string) (identity, error) {
	var server inferencepb.ServerMetadataResponse
	err := ask(ctx, inferencepb.GRPCInferenceService_ServerMetadata_FullMethodName, &inferencepb.ServerMetadataRequest{}, &server, probeSize())
	if unanswered(err) {
		return identity{}, err
	}
	i := identity{server.GetName(), map[string]*infer.Metadata{}}
	for _, model := range models {
		if i.models[model], err = describe(ctx, ask, model); err != nil {
			return identity{}, err
		}
	}
	return i, nil
}

func describe(ctx context.Context, ask asker, model string) (*infer.Metadata, error) {
	var reply infer.Frame
	err := ask(ctx, inferencepb.GRPCInferenceService_ModelMetadata_FullMethodName, &inferencepb.ModelMetadataRequest{Name: model}, &reply,
		grpc.MaxCallRecvMsgSize(maxMetadataBytes))
	defer func() { reply.Buffers.Free() }()
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, nil //nolint:nilnil // it has none
	}
	m, err := decodeMetadata(reply.Buffers.Materialize())
	if err != nil {
		return nil, nil //nolint:nilnil // it tells nothing that could be compared
	}
	return m, nil
}

// unanswered reports whether err says that nobody answered.
func unanswered(err error) bool {
	switch infer.CodeOf(err) {
	case codes.Canceled, codes.DeadlineExceeded, codes.Unavailable:
		return true
	default:
		return false
	}
}

// unlike tells how other is another server than i; empty: it is of the same kind, as far as both tell. Versions may differ, and so may the
// sizes of dimensions.
func (i identity) unlike(other identity) string {
	if i.name != "" && other.name != "" && i.name != other.name {
		return fmt.Sprintf("it calls itself %q, the others %q", clean(other.name), clean(i.name))
	}
	for model, mine := range i.models {
		theirs := other.models[model]
		if mine == nil || theirs == nil {
			continue
		}
		if a, b := signature(mine), signature(theirs); a != b {
			return fmt.Sprintf("its model %s has %s, that of the others %s", clean(model), clean(b), clean(a))
		}
	}
	return ""
}

// lacks are the models that i has and other has not.
func (i identity) lacks(other identity) (models []string) {
	for model, mine := range i.models {
		if mine != nil && other.models[model] == nil {
			models = append(models, model)
		}
	}
	return models
}

// signature is what a request has to know of a model.
func signature(m *infer.Metadata) string {
	return "inputs " + tensorList(m.Inputs) + " and outputs " + tensorList(m.Outputs)
}

func tensorList(tensors []infer.TensorMetadata) string {
	all := make([]string, len(tensors))
	for i, t := range tensors {
		all[i] = fmt.Sprintf("%s %s of rank %d", t.Name, t.DataType, len(t.Shape))
	}
	slices.Sort(all)
	return "[" + strings.Join(all, ", ") + "]"
}

const (
	mostKnown = 8                // models that a server is recognised by
	knownFor  = 10 * time.Minute // after their last call
)

// called are the models that were called of late, the last one first.
func (c *counters) called() []string {
	all := c.statistics()
	slices.SortFunc(all, func(a, b *inferencepb.ModelStatistics) int {
		return cmp.Compare(b.GetLastInference(), a.GetLastInference())
	})
	since := uint64(time.Now().Add(-knownFor).UnixMilli())
	var models []string
	for _, m := range all {
		if m.GetLastInference() >= since && !slices.Contains(models, m.GetName()) && len(models) < mostKnown {
			models = append(models, m.GetName())
		}
	}
	return models
}
