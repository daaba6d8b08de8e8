// Modelserver serves the models that Triton's examples and QA scripts expect, for those who have no Triton:
//
//	go run ./internal/oiptest/cmd/modelserver --http-port 8000 --grpc-port 8001
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/manifold-serving/manifold/internal/oiptest/models"
	"github.com/manifold-serving/manifold/internal/oiptest/standin"
	"github.com/manifold-serving/manifold/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "modelserver:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// run serves until ctx is done, and says on log where.
func run(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("modelserver", flag.ContinueOnError)
	flags.SetOutput(log)
	host := flags.String("host", "127.0.0.1", "address to listen on")
	httpPort := flags.Int("http-port", 8000, "port of REST; 0 takes a free one")
	grpcPort := flags.Int("grpc-port", 8001, "port of gRPC; 0 takes a free one")
	chosen := flags.String("models", "", "names of the models to serve, with commas between them; all when it is empty")
	configs := flags.String("print-configs", "", "write config.pbtxt of each model below this folder, in Triton's layout, and serve nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *configs != "" {
		return models.Write(*configs, models.All())
	}
	var names []string
	if *chosen != "" {
		names = strings.Split(*chosen, ",")
	}
	repository, err := standin.NewRepository(names...)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	listeners := server.Listeners{REST: fmt.Sprintf("%s:%d", *host, *httpPort), GRPC: fmt.Sprintf("%s:%d", *host, *grpcPort)}
	s, err := standin.New(repository, listeners, logger) //nolint:contextcheck // the edges have contexts of their own
	if err != nil {
		return err
	}
	if err := s.Listen(ctx); err != nil {
		return err
	}
	at := s.Addresses()
	logger.InfoContext(ctx, "serving", "rest", at.REST, "grpc", at.GRPC)
	return s.Serve(ctx)
}
