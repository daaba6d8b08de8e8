package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// document is one resource as it was written: a YAML document, or an item of a List in one.
type document struct {
	file  string
	line  int    // of the first field
	base  string // where the resource stands in its YAML document: "items[2]"; empty when it is the document
	value any    // as JSON decodes it, numbers as json.Number
	text  *located
}

// parse decodes a section as sigs.k8s.io/yaml (so kubectl) does. The document always knows its place; its value is nil when there
// are faults.
func parse(file string, s section) (*document, Faults) {
	d := &document{file: file, line: s.line + max(firstLine(s.text), 0), text: &located{first: s.line, text: s.text}}
	if faults := d.guard(); faults != nil {
		return d, faults
	}
	text, err := yaml.YAMLToJSONStrict(s.text)
	if err == nil {
		err = decodeNumbers(text, &d.value)
	}
	if err != nil {
		return d, Faults{d.faultAt(d.line, 0, clean(err))}
	}
	return d, nil
}

// get is the value of nested fields, nil when there is none.
func (d *document) get(keys ...string) any {
	value := d.value
	for _, key := range keys {
		fields, _ := value.(map[string]any)
		value = fields[key]
	}
	return value
}

func (d *document) kind() string {
	kind, _ := d.get("kind").(string)
	return kind
}

func (d *document) source() Source { return Source{File: d.file, Line: d.line} }

// label is the resource as messages name it: "InferenceGraph animals".
func (d *document) label() string {
	name, _ := d.get("metadata", "name").(string)
	if len(name) > maxName || d.kind() == "" {
		name = ""
	}
	return strings.TrimSpace(printable(d.kind()) + " " + printable(name))
}

// printable is text that may be shown as it is; quoted otherwise.
func printable(text string) string {
	if text == "" || plainKey(strings.ReplaceAll(text, ".", "")) && len(text) <= maxName {
		return text
	}
	return short(text)
}

// fault is a fault of the field at path, at the line of the field at place (the same, unless the field at path is complained about
// for what stands in it).
func (d *document) fault(path, place, message string) Fault {
	f := d.faultAt(d.line, 0, message)
	f.Path = path
	if p, ok := d.text.find(d.base + join(d.base, place)); ok {
		f.Line, f.Column = min(p.line, d.text.last()), p.column
	}
	return f
}

// writes tells whether the field at path is in the document.
func (d *document) writes(path string) bool {
	_, found := d.text.positions().at[d.base+join(d.base, path)]
	return found
}

// join is place as it continues base.
func join(base, place string) string {
	if base == "" || place == "" || place[0] == '[' {
		return place
	}
	return "." + place
}

// faultAt is a fault at a line of the file, kept within the document: the parsers have ideas of their own about what breaks a line.
func (d *document) faultAt(line, column int, message string) Fault {
	return Fault{File: d.file, Line: min(line, d.text.last()), Column: column, Resource: d.label(), Message: message}
}

// errTrailing is for text behind the end of a document, such as a second JSON object.
var errTrailing = errors.New("goes on behind its end: separate resources with a line of ---")

// decodeNumbers is json.Unmarshal that keeps every digit of a number.
func decodeNumbers(text []byte, into *any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// guard refuses what cannot be one bounded value: bad syntax, duplicate fields, text behind the document, nesting and aliases
// without end. It decodes once with the parser that sigs.k8s.io/yaml stands on, because that parser shares the text of an alias
// among its uses and bounds their number, where the way through JSON writes every use out.
func (d *document) guard() Faults {
	value, err := d.text.decode()
	if err != nil {
		return d.syntax(err)
	}
	left := maxExpandedBytes
	if depth := measure(value, &left); depth > maxDepth {
		return Faults{d.faultAt(d.line, 0, fmt.Sprintf("nests deeper than %d levels", maxDepth))}
	}
	if left < 0 {
		return Faults{d.faultAt(d.line, 0, fmt.Sprintf("is more than %s when its aliases are written out", size(maxExpandedBytes)))}
	}
	return nil
}

// measure takes the size of value, about what it needs as JSON, from left, and answers how deep it nests. It stops early when a
// bound is passed.
func measure(value any, left *int) int {
	*left -= len("1,")
	deepest := 0
	within := func(inner any) bool {
		deepest = max(deepest, measure(inner, left))
		return *left >= 0 && deepest <= maxDepth
	}
	switch v := value.(type) {
	case string:
		*left -= len(v)
		return 0
	case map[any]any:
		for key, inner := range v {
			if !within(key) || !within(inner) {
				break
			}
		}
	case []any:
		for _, inner := range v {
			if !within(inner) {
				break
			}
		}
	default:
		return 0
	}
	return deepest + 1
}

// decode is the document's value as the YAML library has it.
func (l *located) decode() (value any, err error) {
	defer func() {
		if r := recover(); r != nil { // the libraries panic on some malformed text instead of answering an error
			value, err = nil, fmt.Errorf("is not YAML: %v", r)
		}
	}()
	decoder := yamlv2.NewDecoder(bytes.NewReader(l.text))
	decoder.SetStrict(true)
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	var more any
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return value, nil
}

// clean is the text of a YAML library's error without the library's own prefixes.
func clean(err error) string {
	text := err.Error()
	for _, prefix := range []string{"yaml: ", "unmarshal errors:\n  "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
