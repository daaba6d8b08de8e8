package infercmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/manifold-serving/manifold/infer"
)

// inferCall is the command's flags.
type inferCall struct {
	inferAddress
	inferSources

	model   string
	version string
	id      string
	params  []string
	outputs []string
	format  string
	timeout time.Duration
	now     func() time.Time
}

// New returns the command `manifold infer`.
func New() *cobra.Command { return newCommandAt(time.Now) }

// newCommandAt is the command with a clock of the caller's: it measures what the table shows.
func newCommandAt(now func() time.Time) *cobra.Command {
	i := &inferCall{now: now}
	c := &cobra.Command{
		Use:   "infer MODEL",
		Short: "Send one inference request and print the answer",
		Long: `Asks a model or an InferenceGraph of a running gateway, or of any other server of the Open Inference Protocol, once.

Inputs come from --input, --npy and --image, which go together, or from --json alone. What they leave open, the datatype,
the shape and, for --npy and --image, the name, is taken from the model's metadata.`,
		Example: `  manifold infer image-processing-graph --image examples/animals-and-plants/pictures/tulip.png
  manifold infer iris --input features=5.1,3.5,1.4,0.2 --param threshold=0.5
  manifold infer resnet --npy input:0=batch.npy --request-output probabilities --output json
  manifold infer bert --rest --address models.example.com --tls --header authorization="Bearer $TOKEN" --json body.json`,
		Args: oneInferModel,
		RunE: func(c *cobra.Command, args []string) error {
			i.model = args[0]
			return i.run(c.Context(), c.InOrStdin(), c.OutOrStdout())
		},
	}
	i.bind(c)
	return c
}

func oneInferModel(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 1 && args[0] != "":
		return nil
	case len(args) > 1:
		return fmt.Errorf("one model at a time, not %d: a value with spaces needs quotes", len(args))
	}
	return errors.New("name the model: manifold infer MODEL; `manifold get models` lists what a gateway serves")
}

func (i *inferCall) bind(c *cobra.Command) {
	i.inferAddress.bind(c)
	i.inferSources.bind(c)
	f := c.Flags()
	f.StringVar(&i.version, "model-version", "", "the model's version; the server chooses when it is not given")
	f.StringVar(&i.id, "id", "", "the request's id, which comes back in the answer")
	f.StringArrayVar(&i.params, "param", nil, `a parameter of the request, KEY=VALUE: true, 3, 0.5 or text; KEY='"3"' is text (repeatable)`)
	f.StringArrayVar(&i.outputs, "request-output", nil, "an output to return; all when none is named (repeatable)")
	f.StringVarP(&i.format, "output", "o", "table", "table or json")
	f.DurationVar(&i.timeout, "timeout", 30*time.Second, "how long to wait for the answer; 0 waits for ever")
	if err := c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("manifold: " + err.Error()) // the flag is three lines above
	}
}

func (i *inferCall) run(ctx context.Context, stdin io.Reader, out io.Writer) error {
	write, err := i.writer()
	if err != nil {
		return err
	}
	if i.timeout < 0 {
		return fmt.Errorf("--timeout %v is negative", i.timeout)
	}
	if i.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, i.timeout)
		defer cancel()
	}
	target, err := i.open(i.model, i.version)
	if err != nil {
		return err
	}
	defer target.close()
	return i.ask(ctx, target, stdin, func(resp *infer.Response, took time.Duration) error { return write(out, resp, took) })
}

// writer is what prints the answer.
func (i *inferCall) writer() (func(io.Writer, *infer.Response, time.Duration) error, error) {
	switch i.format {
	case "table":
		return writeInferTable, nil
	case "json":
		return writeInferJSON, nil
	}
	return nil, fmt.Errorf("--output %q is neither table nor json", i.format)
}

// ask sends the request and hands the answer, which it frees, to show.
func (i *inferCall) ask(ctx context.Context, target inferTarget, stdin io.Reader, show func(*infer.Response, time.Duration) error) error {
	known, err := i.describe(ctx, target)
	if err != nil {
		return err
	}
	req, err := i.request(known, stdin)
	if err != nil {
		return err
	}
	defer req.Free()
	sent := i.now()
	resp, err := target.infer(ctx, req)
	if err != nil {
		return i.explain(err, known)
	}
	defer resp.Free()
	return show(resp, i.now().Sub(sent))
}

// describe returns the model's metadata, nil when the server has none to give: then the flags say it all, or the inference
// tells what is wrong.
func (i *inferCall) describe(ctx context.Context, target inferTarget) (*infer.Metadata, error) {
	m, err := target.metadata(ctx)
	switch {
	case err == nil:
		return m, nil
	case isInferUnreachable(err):
		return nil, err
	case isInferNotFound(err):
		return nil, i.unknownModel(ctx, target, err)
	}
	return nil, nil //nolint:nilnil // the inference that follows tells more than this error
}
