package manifold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/config"
	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/modelserver"
)

// addEmbedded loads the models that this process serves itself, as many at once as there are processors.
func (b *builder) addEmbedded(ctx context.Context) error {
	var loads errgroup.Group
	loads.SetLimit(runtime.GOMAXPROCS(0))
	services := b.resources.InferenceServices
	loaded := make([]infer.Model, len(services))
	releases := make([]func(), len(services))
	for i, r := range services {
		if path, ok := r.StoragePath(); ok {
			loads.Go(func() (err error) {
				loaded[i], releases[i], err = b.load(ctx, r, path)
				return err
			})
		}
	}
	err := loads.Wait()
	for i, m := range loaded {
		if releases[i] != nil {
			b.next.release = append(b.next.release, releases[i])
		}
		if m != nil {
			b.add(services[i].Metadata.Name, kindService, m)
		}
	}
	return err
}

// load opens a model, or takes over the one that runs already when its files are the same.
func (b *builder) load(ctx context.Context, r config.InferenceService, path string) (infer.Model, func(), error) {
	name := r.Metadata.Name
	if b.gateway.checking {
		return broken{name, errOnlyChecked}, nil, nil
	}
	key := "model " + name + " " + path + " " + fingerprint(path)
	m, release, err := hold(&b.gateway.workshop, key, func() (*modelserver.Model, func(), error) {
		m, err := modelserver.Open(ctx, name, path, modelserver.Options{Progress: b.gateway.options.Progress})
		if err != nil {
			return nil, nil, err
		}
		return m, m.Close, nil
	})
	switch {
	case err == nil:
		return m, release, nil
	case ctx.Err() != nil || b.previous != nil:
		return nil, nil, fmt.Errorf("%s: InferenceService %s: %w", r.Source, name, err)
	}
	b.gateway.logger.ErrorContext(ctx, "model does not load", "model", name, "error", err)
	return broken{name, err}, nil, nil
}

// fingerprint changes when a file of the model does.
func fingerprint(path string) string {
	var all strings.Builder
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "%s %d %d;", file, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		fmt.Fprintf(&all, "%v", err)
	}
	return all.String()
}

// errOnlyChecked is what keeps the models of [Check] from serving.
var errOnlyChecked = errors.New("it is only checked")

// broken is a model that did not load: it is known, not ready, and says why.
type broken struct {
	name string
	err  error
}

var _ infer.Model = broken{}

// Infer implements [infer.Handler].
func (b broken) Infer(ctx context.Context, _ *infer.Request) (*infer.Response, error) {
	return nil, b.Ready(ctx)
}

// Stream implements [infer.Streamer].
func (b broken) Stream(ctx context.Context, _ *infer.Request, _ func(infer.Reply) error) error {
	return b.Ready(ctx)
}

// Config implements [infer.Configurer].
func (b broken) Config(ctx context.Context) (*inferencepb.ModelConfig, error) {
	return nil, b.Ready(ctx)
}

// Statistics implements [infer.Reporter].
func (b broken) Statistics(ctx context.Context) ([]*inferencepb.ModelStatistics, error) {
	return nil, b.Ready(ctx)
}

// Metadata implements [infer.Describer].
func (b broken) Metadata(ctx context.Context) (*infer.Metadata, error) { return nil, b.Ready(ctx) }

// Ready implements [infer.Prober].
func (b broken) Ready(context.Context) error {
	return infer.Errorf(codes.Unavailable, "model %q is not ready: %w", b.name, b.err)
}
