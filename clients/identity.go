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

// Identity is what a server says that it is.
type Identity struct {
	Name   string                     // empty when it does not tell
	Models map[string]*infer.Metadata // nil for one that it does not have, or does not tell of
}

// asker asks a server a question, one way or another. The error is an *infer.Error.
type asker func(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error

// identify asks a server what it is, and what it has for models. The error says that it does not answer.
func identify(ctx context.Context, ask asker, models []string) (Identity, error) {
	var server inferencepb.ServerMetadataResponse
	err := ask(ctx, inferencepb.GRPCInferenceService_ServerMetadata_FullMethodName, &inferencepb.ServerMetadataRequest{}, &server, probeSize())
	if unanswered(err) {
		return Identity{}, err
	}
	i := Identity{server.GetName(), map[string]*infer.Metadata{}}
	for _, model := range models {
		if i.Models[model], err = describe(ctx, ask, model); err != nil {
			return Identity{}, err
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

// unlike is an error that tells how other is another server than i; nil: it is of the same kind, as far as both tell. Versions may differ,
// and so may the sizes of dimensions.
func (i Identity) unlike(other Identity) error {
	if i.Name != "" && other.Name != "" && i.Name != other.Name {
		return fmt.Errorf("it is another server: it calls itself %q, the others %q", clean(other.Name), clean(i.Name))
	}
	for model, mine := range i.Models {
		theirs := other.Models[model]
		if mine == nil || theirs == nil {
			continue
		}
		if a, b := signature(mine), signature(theirs); a != b {
			return fmt.Errorf("it is another server: its model %s has %s, that of the others %s", clean(model), clean(b), clean(a))
		}
	}
	return nil
}

// Admit returns an error when found, a server that came back, is another one than i. Of each model that it lacks veto is told, and why it is
// not to be asked for there.
func (i Identity) Admit(found Identity, veto func(model, reason string)) error {
	if err := i.unlike(found); err != nil {
		return err
	}
	for _, model := range i.lacks(found) {
		veto(model, "the server that came back there has no model "+clean(model))
	}
	return nil
}

// lacks are the models that i has and other has not.
func (i Identity) lacks(other Identity) (models []string) {
	for model, mine := range i.Models {
		if mine != nil && other.Models[model] == nil {
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

// Called are the models that were called of late as statistics tell, the last one first: a server is recognised by them.
func Called(all []*inferencepb.ModelStatistics) []string {
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
