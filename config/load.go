package config

import (
	"fmt"
	"io"
	"path/filepath"
)

// Load reads the resources in sources, in order: files, folders (as `kubectl apply -f` reads them: *.yaml, *.yml and *.json, not the
// folders within; JSON that is no resource is passed over with a warning), shell patterns, and "-", which is stdin. A file holds any
// number of YAML documents; a List (`kubectl get -o yaml`) stands for its items. No sources make empty Resources.
//
// The error is a [Faults] with everything wrong in all files. The Resources are there even then, for their Files: they name what
// to watch until the faults are cured; the resources in them are those without a fault of their own, and are not fit to be served.
func Load(sources []string, stdin io.Reader) (*Resources, error) {
	named := newSources()
	for _, source := range sources {
		named.resolve(source)
	}
	l := &loader{resources: &Resources{Files: named.watched}, clashes: newClashes(), found: named.found, faults: named.faults}
	if len(named.files) > maxFiles {
		l.fault(Fault{Message: fmt.Sprintf("%d files are named, at most %d are read", len(named.files), maxFiles)})
		named.files = nil
	}
	for _, file := range named.files {
		l.file(file, stdin)
	}
	l.fault(l.clashes.faults...)
	l.resources.written = l.clashes.resources
	l.resources.Warnings = l.resources.Warnings.sorted(named.order())
	return l.resources, l.faults.sorted(named.order()).most(maxFaults).err()
}

// loader gathers what the files hold.
type loader struct {
	resources *Resources
	clashes   *clashes
	found     map[string]bool // files that came with a folder
	documents int
	faults    Faults
}

func (l *loader) fault(faults ...Fault) { l.faults = append(l.faults, faults...) }

// file loads every document of a file.
func (l *loader) file(name string, stdin io.Reader) {
	text, err := readSource(name, stdin)
	if name == stdinSource {
		name = stdinName
	}
	if err != nil {
		l.fault(Fault{File: name, Message: err.Error()})
		return
	}
	for _, s := range split(text) {
		l.section(name, s)
	}
}

func (l *loader) section(file string, s section) {
	if len(l.faults) > maxFaults || l.documents > maxDocuments {
		return
	}
	d, faults := parse(file, s)
	l.fault(faults...)
	if d.value != nil {
		l.document(d)
	}
}

// document loads a resource, or the items of a List.
func (l *loader) document(d *document) {
	if l.documents++; l.documents > maxDocuments {
		l.fault(d.faultAt(d.line, 0, fmt.Sprintf("is resource number %d, at most %d are read", l.documents, maxDocuments)))
		return
	}
	if l.isBystander(d) {
		l.resources.Warnings = append(l.resources.Warnings, d.faultAt(d.line, 0, "is passed over: it has neither apiVersion nor kind"))
		return
	}
	if !d.isList() {
		l.resource(d)
		return
	}
	items, faults := d.items()
	l.fault(faults...)
	for _, inner := range items {
		if l.documents <= maxDocuments {
			l.document(inner)
		}
	}
}

// isBystander tells whether d is JSON that merely lies in a folder of resources, as the bodies of requests do. YAML is always meant.
func (l *loader) isBystander(d *document) bool {
	return l.found[d.file] && filepath.Ext(d.file) == ".json" && d.get("apiVersion") == nil && d.get("kind") == nil
}

// folder is where relative paths in a file start: its own folder; for the standard input the working folder.
func folder(file string) string {
	if file == stdinName {
		return "."
	}
	return filepath.Dir(file)
}
