package infercmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// explain adds to an inference's error what helps to cure it.
func (i *inferCall) explain(err error, known *infer.Metadata) error {
	switch {
	case infer.CodeOf(err) == codes.DeadlineExceeded:
		return fmt.Errorf("no answer from model %q (%w); --timeout was %v", i.model, err, i.timeout)
	case infer.CodeOf(err) == codes.InvalidArgument && known != nil && len(known.Inputs) > 0:
		return fmt.Errorf("%w; %s", err, takes(known))
	}
	return err
}

// maxListed is how many names an error lists.
const maxListed = 20

// unknownModel is the error for a name that the server does not know, with those that it does.
func (i *inferCall) unknownModel(ctx context.Context, target inferTarget, err error) error {
	what := fmt.Sprintf("no model %q", i.model)
	if i.version != "" {
		what += fmt.Sprintf(" of version %q", i.version)
	}
	names := target.models(ctx)
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case len(names) == 0:
		return fmt.Errorf("%s here (%w); `manifold get models` lists what a gateway serves", what, err)
	case len(names) > maxListed:
		names = append(names[:maxListed:maxListed], "…")
	}
	return fmt.Errorf("%s here; there is %s", what, strings.Join(names, ", "))
}

// takes lists the model's inputs: it takes image BYTES [-1,1].
func takes(known *infer.Metadata) string {
	if known == nil || len(known.Inputs) == 0 {
		return "the server does not say what it takes"
	}
	all := make([]string, len(known.Inputs))
	for n, t := range known.Inputs {
		all[n] = fmt.Sprintf("%s %s %v", t.Name, t.DataType, t.Shape)
	}
	return "it takes " + strings.Join(all, ", ")
}

// noInputs is the error for a request without any.
func (i *inferCall) noInputs(known *infer.Metadata) error {
	return fmt.Errorf("model %q gets no input: give --input, --npy, --image or --json; %s", i.model, takes(known))
}

var errInferStdin = errors.New("standard input holds nothing: pipe a body into it, or name a file with --json")
