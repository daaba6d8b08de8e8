package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/manifold-serving/manifold/internal/nearest"
)

// fields are the names that a struct accepts in YAML.
//
// Besides encoding/json's tags there are two of our own, written on a blank field: `unread:"uid generation"` names fields that are
// accepted and not looked at, and `open:"true"` accepts any other field too, as long as it does not look like a misspelt known one.
// A Go field without a json tag is not for files.
type fields struct {
	types  map[string]reflect.Type
	unread []string
	open   bool
}

func fieldsOf(t reflect.Type) *fields {
	f := &fields{types: map[string]reflect.Type{}}
	f.add(t)
	return f
}

func (f *fields) add(t reflect.Type) {
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Name == "_":
			f.unread = append(f.unread, strings.Fields(field.Tag.Get("unread"))...)
			f.open = f.open || field.Tag.Get("open") == "true"
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct:
			f.add(field.Type)
		case field.IsExported() && name != "" && name != "-":
			f.types[name] = field.Type
		}
	}
}

// tolerates tells whether an unknown field may stand.
func (f *fields) tolerates(key string) bool {
	return slices.Contains(f.unread, key) || f.open && nearest.Of(key, f.names()) == ""
}

// hint is what an unknown field was probably meant to be, or all the fields there are when they are few.
func (f *fields) hint(key string) string {
	if near := nearest.Suggest(key, f.names()); near != "" {
		return near
	}
	const few = 12
	if names := f.names(); len(names) > 0 && len(names) <= few {
		return ": the fields here are " + strings.Join(names, ", ")
	}
	return ""
}

func (f *fields) names() []string { return sortedKeys(f.types) }
