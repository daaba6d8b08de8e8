// Command manifold is the gateway: it serves models and InferenceGraphs, checks their resources, and asks a running gateway what
// it serves and what its models answer.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/manifold-serving/manifold/cmd/manifold/infercmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error: "+err.Error())
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "manifold",
		Short: "A gateway for model servers: the Open Inference Protocol, and InferenceGraphs on tensors",
		Long: `Manifold stands in front of model servers. It speaks the Open Inference Protocol v2 over gRPC and REST, runs KServe
InferenceGraphs on tensors, calls KServe, Triton, MLServer and OpenVINO servers over gRPC or HTTP, and serves ONNX models itself.`,
		Example: `  manifold serve -f examples/animals-and-plants      serve a folder of resources
  manifold serve --upstream 127.0.0.1:9001           stand in front of one server, without any file
  manifold validate -f graph.yaml                    check resources, and say where they are wrong
  manifold get inferencegraphs                       what a running gateway serves
  manifold infer my-model --image cat.png            ask one of its models`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
	}
	c.AddCommand(newServeCommand(), newValidateCommand(), newGetCommand(), infercmd.New(), newVersionCommand())
	return c
}
