package config

import (
	"fmt"
	"strings"
)

// isList tells whether the document is a List, as `kubectl get -o yaml` prints several resources ("List"), or one kind's own list.
func (d *document) isList() bool {
	kind := d.kind()
	for _, known := range kinds() {
		if kind == known.kind+"List" {
			return true
		}
	}
	return kind == "List"
}

// items are the resources of a List. Lists do not nest.
func (d *document) items() ([]*document, Faults) {
	list, ok := d.get("items").([]any)
	if !ok {
		return nil, Faults{d.fault("items", "items", "is missing: a List has items, each a resource of its own")}
	}
	var faults Faults
	items := make([]*document, 0, len(list))
	for i, value := range list {
		inner := &document{file: d.file, line: d.line, base: item("items", i), value: value, text: d.text}
		if p, found := d.text.find(inner.base); found {
			inner.line = p.line
		}
		if inner.isList() {
			faults = append(faults, d.fault(inner.base, inner.base, fmt.Sprintf("is a %s: lists do not nest", strings.TrimSpace(inner.kind()))))
			continue
		}
		items = append(items, inner)
	}
	return items, faults
}
