package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// checker compares a decoded document with the type that it is to become, field by field, so that every fault is found and not
// only the first. It takes out of the document what does not fit, so that the rest can be decoded and judged too.
type checker struct {
	doc    *document
	faults Faults
	places []string // the paths of what was taken out
}

// value checks v, found at path, against t, and answers whether it may stay. Null stands for an absent field, as in Kubernetes.
func (c *checker) value(v any, t reflect.Type, path string) bool {
	if v == nil || t.Kind() == reflect.Interface {
		return true
	}
	if decodesItself(t) {
		return c.scalar(v, t, path)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.value(v, t.Elem(), path)
	case reflect.Struct:
		return c.structure(v, t, path)
	case reflect.Map:
		return c.mapping(v, t, path)
	case reflect.Slice:
		return c.list(v, t, path)
	default:
		return c.scalar(v, t, path)
	}
}

// decodesItself tells whether t has its own idea of its JSON.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func (c *checker) structure(v any, t reflect.Type, path string) bool {
	fields, ok := v.(map[string]any)
	if !ok {
		return c.mismatch(v, "fields", path)
	}
	known := fieldsOf(t)
	for _, key := range sortedKeys(fields) {
		place := child(path, key)
		inner, found := known.types[key]
		switch {
		case !found && known.tolerates(key):
			delete(fields, key)
		case !found:
			c.fault(path, place, fmt.Sprintf("unknown field %q%s", key, known.hint(key)))
			delete(fields, key)
		case !c.value(fields[key], inner, place):
			delete(fields, key)
		}
	}
	return true
}

func (c *checker) mapping(v any, t reflect.Type, path string) bool {
	fields, ok := v.(map[string]any)
	if !ok {
		return c.mismatch(v, "fields", path)
	}
	for _, key := range sortedKeys(fields) {
		if !c.value(fields[key], t.Elem(), child(path, key)) {
			delete(fields, key)
		}
	}
	return true
}

func (c *checker) list(v any, t reflect.Type, path string) bool {
	elements, ok := v.([]any)
	if !ok {
		return c.mismatch(v, "a list", path)
	}
	for i, element := range elements {
		if !c.value(element, t.Elem(), item(path, i)) {
			elements[i] = nil
		}
	}
	return true
}

// scalar lets encoding/json judge, because it decodes the value in the end.
func (c *checker) scalar(v any, t reflect.Type, path string) bool {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, reflect.New(t).Interface())
	}
	switch {
	case err == nil:
		return true
	case decodesItself(t):
		return c.fault(path, path, err.Error())
	default:
		return c.mismatch(v, wanted(v, t), path)
	}
}

// fault answers false: what has a fault cannot stay.
func (c *checker) fault(path, place, message string) bool {
	c.faults = append(c.faults, c.doc.fault(path, place, message))
	c.places = append(c.places, place)
	return false
}

func (c *checker) mismatch(v any, want, path string) bool {
	hint := ""
	if _, composed := composite(v); want == wantText && !composed {
		hint = ": write it in quotes"
	}
	return c.fault(path, path, fmt.Sprintf("is %s, needs %s%s", describe(v), want, hint))
}

const (
	wantText  = "text"
	wantWhole = "a whole number"
)

// wanted is the type t, which v does not fit, in the words of someone who writes YAML.
func wanted(v any, t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return wantText
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if number, ok := v.(json.Number); ok && !strings.ContainsAny(number.String(), ".eE") {
			return fmt.Sprintf("%s of at most %d bits", wantWhole, t.Bits())
		}
		return wantWhole
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("%s of at most %d bits, not negative", wantWhole, t.Bits())
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return t.String()
	}
}

// describe is a value as a message shows it.
func describe(v any) string {
	if kind, ok := composite(v); ok {
		return kind
	}
	switch v := v.(type) {
	case string:
		return "the text " + short(v)
	case nil:
		return "null"
	case json.Number:
		return "the number " + v.String()
	default:
		return fmt.Sprint(v)
	}
}

func composite(v any) (string, bool) {
	switch v.(type) {
	case map[string]any:
		return "a set of fields", true
	case []any:
		return "a list", true
	default:
		return "", false
	}
}

// short is text in quotes, cut when it is long: messages are read on a terminal.
func short(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(text[:most], ""))
	}
	return fmt.Sprintf("%q", text)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
