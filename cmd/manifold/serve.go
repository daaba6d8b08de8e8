package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/modelserver"
	"github.com/manifold-serving/manifold/server"
)

// serve is the command's flags.
type serve struct {
	sources
	listeners server.Listeners
	logLevel  slog.Level
	logFormat string
}

func newServeCommand() *cobra.Command {
	s := &serve{}
	c := &cobra.Command{
		Use:   "serve [-f FILE]... [--upstream HOST:PORT]...",
		Short: "Serve models and graphs over REST and gRPC",
		Long: `Serves the resources in files and folders: InferenceGraphs and InferenceServices as KServe has them, ModelServers and a
Gateway. ONNX models with a file: storageUri run in this process; everything else is called over gRPC, or over HTTP when its address
begins with http:// or https://.

Resources are read again when their files change, or on SIGHUP, and no request is dropped. What has faults is refused, and the last good
configuration stays in force. SIGTERM ends it gracefully: not ready, serving on for a grace period, then draining.`,
		Example: `  manifold serve -f examples/animals-and-plants
  manifold serve -f graphs/ -f 'models/*.yaml' --rest :9000
  manifold serve --upstream triton.models:8001
  kubectl get inferencegraphs,inferenceservices -o yaml | manifold serve -f -`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	s.bind(c)
	c.Flags().StringVar(&s.listeners.REST, "rest", "", `address of the REST edge, or "off"; over the Gateway resource's (default ":8000")`)
	c.Flags().StringVar(&s.listeners.GRPC, "grpc", "", `address of the gRPC edge, or "off"; over the Gateway resource's (default ":8001")`)
	c.Flags().StringVar(&s.listeners.Admin, "admin", "", `address of metrics and profiles, or "off"; over the Gateway resource's (default "127.0.0.1:8002")`)
	c.Flags().TextVar(&s.logLevel, "log-level", slog.LevelInfo, "debug (a line a request), info, warn or error")
	c.Flags().StringVar(&s.logFormat, "log-format", "text", "text or json")
	return c
}

func (s *serve) run(c *cobra.Command) error {
	ctx, out := c.Context(), c.ErrOrStderr()
	defer raiseHeap()()
	logger, err := s.logger(out)
	if err != nil {
		return err
	}
	resources, err := s.load(c)
	if err != nil {
		return err
	}
	tracing, err := manifold.TracingFromEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("tracing, set up by OTEL_* variables: %w", err)
	}
	gateway, err := manifold.New(ctx, resources, manifold.Options{
		Logger: logger, Tracing: tracing, Listeners: s.listeners,
		Progress: func(e modelserver.Event) { fmt.Fprintln(out, e) },
	})
	if err != nil {
		return err
	}
	if err := gateway.Listen(ctx); err != nil {
		return err
	}
	for _, w := range gateway.Warnings() {
		fmt.Fprintln(out, "warning: "+w)
	}
	greet(out, resources, gateway.Addresses())
	err = s.serve(c, gateway, resources)
	return errors.Join(err, flush(tracing))
}

// serve runs the gateway and the watch beside it. Standard input cannot be read again, so what came from it is not watched.
func (s *serve) serve(c *cobra.Command, gateway *manifold.Gateway, resources *config.Resources) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	if slices.Contains(s.files, "-") {
		return gateway.Serve(c.Context())
	}
	ctx, stop := context.WithCancel(c.Context())
	watched := make(chan error, 1)
	go func() {
		watched <- gateway.Watch(ctx, resources.Files, hangups, func() (*config.Resources, error) { return s.load(c) })
	}()
	err := gateway.Serve(c.Context())
	stop()
	return errors.Join(err, <-watched)
}

func (s *serve) logger(out io.Writer) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: s.logLevel}
	switch s.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(out, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(out, options)), nil
	}
	return nil, fmt.Errorf("--log-format %q is neither text nor json", s.logFormat)
}

// flushWait bounds how long the end waits for a collector.
const flushWait = 5 * time.Second

func flush(t *manifold.Tracing) error {
	ctx, cancel := context.WithTimeout(context.Background(), flushWait)
	defer cancel()
	return t.Shutdown(ctx)
}

// greet says where the gateway answers, and three things to try.
func greet(out io.Writer, resources *config.Resources, at server.Listeners) {
	fmt.Fprintf(out, "\nready: REST %s  gRPC %s  admin %s\n\ntry:\n", at.REST, at.GRPC, at.Admin)
	name, command := featured(resources), os.Args[0]
	if name == "" {
		name = "MODEL"
	}
	if at.REST != server.Off {
		fmt.Fprintf(out, "  curl -s %s/v2/models/%s\n", local(at.REST), name)
	}
	if at.GRPC != server.Off {
		fmt.Fprintf(out, "  %s infer %s --address %s --image FILE.png   (or --input NAME=VALUES; see --help)\n", command, name, local(at.GRPC))
	}
	if at.Admin != server.Off {
		fmt.Fprintf(out, "  %s get models --admin %s\n\n", command, local(at.Admin))
	}
}

// featured is the name to try first: a graph, or else a model.
func featured(resources *config.Resources) string {
	for _, g := range resources.InferenceGraphs {
		return g.Metadata.Name
	}
	for _, s := range resources.InferenceServices {
		return s.Metadata.Name
	}
	return ""
}

// local is a listener's address as it is typed on this machine.
func local(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return "localhost:" + port
}
