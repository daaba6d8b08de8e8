package modelserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/manifold-serving/manifold/gen/inferencepb"
	"github.com/manifold-serving/manifold/infer/tally"
	"github.com/manifold-serving/manifold/modelserver/onnx"
)

// Open loads the model at path and serves it under name. The path is a model folder in Triton's layout, a folder that holds
// model.onnx, or an .onnx file.
//
// Errors name the model, and what in the folder is wrong; they wrap [onnx.ErrUnsupported] when the file is sound and the
// runtime cannot run it, and ctx's error when that ends first. A version that fails while another loads is no error: see
// [Options].Progress.
func Open(ctx context.Context, name, path string, opts Options) (*Model, error) {
	return openWith(ctx, name, path, opts, openONNX)
}

func openWith(ctx context.Context, name, path string, opts Options, open opener) (*Model, error) {
	l := &loader{name: name, opts: opts.complete(), open: open}
	m, err := l.load(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	return m, nil
}

// loader loads one model.
type loader struct {
	name      string
	opts      Options
	open      opener
	source    source
	config    *inferencepb.ModelConfig
	written   bool       // there is a config.pbtxt
	signature *signature // nil until a model file has completed the configuration, if that is incomplete
}

func (l *loader) load(ctx context.Context, path string) (m *Model, err error) {
	if l.source, err = locate(path); err != nil {
		return nil, err
	}
	if err := l.configure(); err != nil {
		return nil, err
	}
	chosen, err := chooseVersions(l.config.GetVersionPolicy(), l.source.versions)
	if err != nil {
		return nil, err
	}
	versions, err := l.loadAll(ctx, chosen)
	if err != nil {
		closeAll(versions)
		return nil, err
	}
	return &Model{
		name: l.name, maxPixels: l.opts.MaxPixels, config: l.config, signature: l.signature, versions: versions,
		metadata: newMetadata(l.name, l.signature, l.config, versions),
	}, nil
}

// configure reads config.pbtxt and checks all of it that can be checked without the model file.
func (l *loader) configure() (err error) {
	if l.config, l.written, err = readConfig(l.source); err != nil {
		return err
	}
	if err := refuse(l.config); err != nil {
		return fmt.Errorf("%s: %w", configFile, err)
	}
	if names := ignored(l.config); len(names) > 0 {
		l.opts.Progress(Event{Model: l.name, State: Noticed, Notice: configFile + ": ignored: " + strings.Join(names, ", ")})
	}
	setDefaults(l.config, l.name)
	if lacksTensors(l.config) {
		return nil
	}
	l.signature, err = sign(l.config, l.source.folder)
	return err
}

func sign(config *inferencepb.ModelConfig, folder string) (*signature, error) {
	s, err := newSignature(config, folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	return s, nil
}

// loadAll loads versions, the highest first, because that is the one to complete a configuration from. It fails when none
// loads, or ctx ends.
func (l *loader) loadAll(ctx context.Context, chosen []located) (versions []*version, err error) {
	var faults []error
	for _, where := range slices.Backward(chosen) {
		v := l.loadVersion(ctx, where)
		versions = append(versions, v)
		if err := ctx.Err(); err != nil {
			return versions, err
		}
		if v.failed != nil {
			faults = append(faults, fmt.Errorf("version %d: %w", v.number, v.failed))
		}
	}
	if len(faults) == len(chosen) {
		return nil, errors.Join(faults...)
	}
	slices.Reverse(versions)
	return versions, nil
}

// loadVersion loads one version and tells about it.
func (l *loader) loadVersion(ctx context.Context, where located) *version {
	v := &version{number: where.number, counter: &tally.Counter{}}
	event := Event{Model: l.name, Version: v.number, State: Loading}
	l.opts.Progress(event)
	start := time.Now()
	v.network, v.failed = l.openVersion(ctx, where)
	v.places = make(chan struct{}, l.concurrency())
	event.State, event.Took, event.Err = Ready, time.Since(start), v.failed
	if v.failed != nil {
		event.State = Failed
	}
	l.opts.Progress(event)
	return v
}

func (l *loader) concurrency() int {
	if n := instances(l.config); n > 0 {
		return n
	}
	return l.opts.Concurrency
}

func (l *loader) openVersion(ctx context.Context, where located) (network, error) {
	path, err := where.modelFile(l.config.GetDefaultModelFilename())
	if err != nil {
		return network{}, err
	}
	if l.signature == nil {
		if err := l.completeFrom(ctx, path); err != nil {
			return network{}, err
		}
	}
	n, err := l.open(ctx, path, onnx.Options{MaxBatchSize: l.signature.maxBatch, Concurrency: l.concurrency()})
	if err != nil {
		return network{}, err
	}
	if err := l.signature.checkFile(n); err != nil {
		n.Close()
		return network{}, err
	}
	return n, nil
}

// completeFrom completes the configuration from a model file. A config.pbtxt keeps its max_batch_size, however; only where
// there is none, the file decides.
func (l *loader) completeFrom(ctx context.Context, path string) error {
	n, err := l.open(ctx, path, onnx.Options{})
	if err != nil {
		return err
	}
	defer n.Close()
	config := proto.Clone(l.config).(*inferencepb.ModelConfig) // the next version starts from what was written, if this one fails
	if !l.written && canBatch(n) {
		config.MaxBatchSize = defaultMaxBatchSize
	}
	if err := completeTensors(config, n); err != nil {
		return err
	}
	s, err := sign(config, l.source.folder)
	if err != nil {
		return err
	}
	l.config, l.signature = config, s
	return nil
}
