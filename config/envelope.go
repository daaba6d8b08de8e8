package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// envelope is what every resource looks like. Status belongs to the cluster: it is read only where its type says so.
type envelope[Spec, Status any] struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       *Spec    `json:"spec"`
	Status     Status   `json:"status"`
}

// misfits are the faults of a document's form: what was not of its type or is unknown.
type misfits struct {
	doc    *document
	faults Faults
	places []string
}

// open decodes the document into its envelope, without every field that does not fit: those are the misfits.
func open[Spec, Status any](d *document) (envelope[Spec, Status], *misfits) {
	var e envelope[Spec, Status]
	m := &misfits{doc: d, faults: d.nameFaults()}
	c := checker{doc: d}
	c.value(d.value, reflect.TypeFor[envelope[Spec, Status]](), "")
	m.faults, m.places = append(m.faults, c.faults...), c.places
	text, err := json.Marshal(d.value)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		m.faults = append(m.faults, d.fault("", "", fmt.Sprintf("cannot be read: %v", err)))
	}
	return e, m
}

// with are all faults of the document: the misfits and, of the further ones, those that do not merely follow from them. A field that
// is missing or empty because it was a misfit is not told twice.
func (m *misfits) with(further Faults) Faults {
	all := m.faults
	for _, f := range further {
		if len(m.places) == 0 || !m.explain(f.Path) {
			all = append(all, f)
		}
	}
	return all
}

// explain tells whether a fault at path may come from a misfit: one is around it or within it, or nothing is written there.
func (m *misfits) explain(path string) bool {
	for _, place := range m.places {
		if within(path, place) || within(place, path) {
			return true
		}
	}
	return !m.doc.writes(path)
}

// within tells whether the field at path is the field at outer or a part of it.
func within(path, outer string) bool {
	rest, found := strings.CutPrefix(path, outer)
	return found && (rest == "" || outer == "" || rest[0] == '.' || rest[0] == '[')
}
