package config

import (
	"path/filepath"
	"strings"

	"github.com/manifold-serving/manifold/clients"
)

// ModelServer is an upstream model server, or a set of replicas of one, and the models it is asked for.
type ModelServer struct {
	Metadata Metadata
	Source   Source
	Spec     clients.Options // the files of its TLS and targets are resolved against the folder of Source.File
}

func (l *loader) modelServer(d *document) {
	e, misfits := open[clients.Options, any](d)
	if e.Spec == nil {
		e.Spec = &clients.Options{}
	}
	if faults := misfits.with(d.specFaults(e.Spec.Validate())); len(faults) > 0 {
		l.fault(faults...)
		return
	}
	resolveTLS(e.Spec.TLS, d.file)
	resolveTargets(e.Spec.Targets, d.file)
	l.resources.ModelServers = append(l.resources.ModelServers, ModelServer{Metadata: e.Metadata, Source: d.source(), Spec: *e.Spec})
}

func resolveTLS(t *clients.TLS, file string) {
	if t == nil {
		return
	}
	for _, path := range []*string{&t.CAFile, &t.CertFile, &t.KeyFile} {
		*path = resolvePath(*path, file)
	}
}

// resolveTargets resolves those that are files; file:8001 is a host.
func resolveTargets(targets []string, file string) {
	for i, target := range targets {
		if path, found := strings.CutPrefix(target, "file:"); found && strings.Trim(path, "0123456789") != "" && !strings.HasPrefix(path, "/") {
			targets[i] = "file:" + resolvePath(path, file)
		}
	}
}

// resolvePath is a path written in file: one that is relative starts in the file's folder. Empty stays empty.
func resolvePath(path, file string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder(file), path)
}
