package manifold

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/manifold-serving/manifold/config"
)

// Changes come in bursts: an editor writes, renames and touches, a ConfigMap swaps links. The last one counts.
const settle = 250 * time.Millisecond

// Watch reloads when a file that resources came from changes, and whenever now is sent to, until ctx is done. What cannot be loaded is
// logged, and leaves the configuration in force. Files of embedded models are looked at again on now alone.
func (g *Gateway) Watch(ctx context.Context, files []string, now <-chan os.Signal, load func() (*config.Resources, error)) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer watcher.Close() //nolint:errcheck // it only ends the watch
	w := &watch{g, watcher, load, files, digest(files)}
	w.follow(ctx)
	settled := time.NewTimer(0)
	settled.Stop()
	defer settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Events:
			settled.Reset(settle)
		case err := <-watcher.Errors:
			g.logger.WarnContext(ctx, "watching files", "error", err)
		case <-settled.C:
			w.reloadIfChanged(ctx)
		case <-now:
			w.reload(ctx)
		}
	}
}

// watch is the state of [Gateway.Watch].
type watch struct {
	gateway *Gateway
	watcher *fsnotify.Watcher
	load    func() (*config.Resources, error)
	files   []string
	seen    string // digest of the files when they were last loaded
}

// follow watches the folders of the files: a file that is replaced is another file.
func (w *watch) follow(ctx context.Context) {
	for _, file := range w.files {
		folder := file
		if info, err := os.Stat(file); err != nil || !info.IsDir() {
			folder = filepath.Dir(file)
		}
		if err := w.watcher.Add(folder); err != nil {
			w.gateway.logger.WarnContext(ctx, "changes will not be seen; send SIGHUP after one", "folder", folder, "error", err)
		}
	}
}

func (w *watch) reloadIfChanged(ctx context.Context) {
	if digest(w.files) != w.seen {
		w.reload(ctx)
	}
}

func (w *watch) reload(ctx context.Context) {
	log := w.gateway.logger
	seen := digest(w.files)
	resources, err := w.load()
	if err == nil {
		err = w.gateway.Reload(ctx, resources)
	}
	w.seen = seen
	if err != nil {
		log.ErrorContext(ctx, "reload refused; the last good configuration stays in force", "error", err)
		return
	}
	if !slices.Equal(w.files, resources.Files) { // otherwise what was seen before loading counts: they may have changed since
		w.files = resources.Files
		w.seen = digest(w.files)
	}
	w.follow(ctx)
	log.InfoContext(ctx, "reloaded", "graphs", len(resources.InferenceGraphs), "services", len(resources.InferenceServices), "servers", len(resources.ModelServers))
}

// digest changes when the content of a file does, or a folder's list of files.
func digest(files []string) string {
	h := sha256.New()
	for _, file := range files {
		fmt.Fprintf(h, "\x00%s\x00", file)
		if entries, err := os.ReadDir(file); err == nil {
			for _, entry := range entries {
				fmt.Fprintf(h, "%s\x00", entry.Name())
			}
			continue
		}
		f, err := os.Open(file) //nolint:gosec // the path is the operator's
		if err != nil {
			continue
		}
		_, _ = io.Copy(h, io.LimitReader(f, maxDigested)) // what cannot be read now is not there
		_ = f.Close()
	}
	return string(h.Sum(nil))
}

// maxDigested is more than config takes of one file.
const maxDigested = 16 << 20
