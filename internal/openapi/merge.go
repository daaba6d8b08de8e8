package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"sigs.k8s.io/yaml"
)

// object is a JSON object.
type object = map[string]any

// document is an OpenAPI 2.0 document, and what this command reads beside that.
type document struct {
	Swagger     string                       `json:"swagger"`
	Info        object                       `json:"info"`
	Tags        []object                     `json:"tags,omitempty"`
	Consumes    []string                     `json:"consumes,omitempty"`
	Produces    []string                     `json:"produces,omitempty"`
	Paths       map[string]map[string]object `json:"paths"`
	Definitions map[string]object            `json:"definitions"`

	GeneratedTag string              `json:"x-generated-tag,omitempty"` // of operations that are not written by hand
	Also         map[string][]string `json:"x-also,omitempty"`          // further paths with the operations of one
}

// Merge returns the document of both. Of two definitions or paths of one name, that by hand is taken. Generated ones say what the edge
// does: 64-bit integers are numbers, and there are no queries. Every operation gets the parameters of its path and an error.
func Merge(generated, byHand []byte) ([]byte, error) {
	var base, added document
	if err := json.Unmarshal(generated, &base); err != nil {
		return nil, fmt.Errorf("what is generated: %w", err)
	}
	if err := yaml.UnmarshalStrict(byHand, &added); err != nil {
		return nil, fmt.Errorf("what is by hand: %w", err)
	}
	for _, definition := range base.Definitions {
		numbers(definition)
	}
	for _, operations := range base.Paths {
		for _, operation := range operations {
			operation["tags"] = []string{added.GeneratedTag}
			operation["parameters"] = nil
		}
	}
	if err := added.repeat(); err != nil {
		return nil, err
	}
	maps.Copy(base.Definitions, added.Definitions)
	maps.Copy(base.Paths, added.Paths)
	base.Info, base.Tags = added.Info, added.Tags
	for path, operations := range base.Paths {
		for _, operation := range operations {
			complete(path, operation)
		}
	}
	prune(&base)
	return encode(base)
}

// repeat gives the operations of a path to the further ones.
func (d *document) repeat() error {
	for path, others := range d.Also {
		operations, ok := d.Paths[path]
		if !ok {
			return fmt.Errorf("x-also: there is no path %s", path)
		}
		for i, other := range others {
			d.Paths[other] = map[string]object{}
			for method, operation := range operations {
				again := maps.Clone(operation)
				again["operationId"] = fmt.Sprint(operation["operationId"]) + strconv.Itoa(i+2)
				d.Paths[other][method] = again
			}
		}
	}
	d.Also = nil
	return nil
}

// numbers makes 64-bit integers numbers wherever they are in a schema.
func numbers(schema object) {
	if format := schema["format"]; schema["type"] == "string" && (format == "int64" || format == "uint64") {
		schema["type"] = "integer"
	}
	for _, value := range schema {
		if inner, ok := value.(object); ok {
			numbers(inner)
		}
	}
}

var variable = regexp.MustCompile(`\{(\w+)\}`)

// complete adds the parameters of the path and the answer of errors.
func complete(path string, operation object) {
	var parameters []any
	for _, match := range variable.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, object{"name": match[1], "in": "path", "required": true, "type": "string"})
	}
	own, _ := operation["parameters"].([]any)
	operation["parameters"] = append(parameters, own...)
	if len(parameters)+len(own) == 0 {
		delete(operation, "parameters")
	}
	responses, _ := operation["responses"].(object)
	responses = maps.Clone(responses)
	responses["default"] = object{"description": "An error.", "schema": object{"$ref": "#/definitions/Error"}}
	operation["responses"] = responses
}

var reference = regexp.MustCompile(`"#/definitions/([^"]+)"`)

// prune drops the definitions that nothing refers to.
func prune(d *document) {
	for {
		text, err := json.Marshal(object{"paths": d.Paths, "definitions": d.Definitions})
		if err != nil {
			panic("openapi: " + err.Error()) // it came from JSON
		}
		used := map[string]bool{}
		for _, match := range reference.FindAllSubmatch(text, -1) {
			used[string(match[1])] = true
		}
		before := len(d.Definitions)
		maps.DeleteFunc(d.Definitions, func(name string, _ object) bool { return !used[name] })
		if len(d.Definitions) == before {
			return
		}
	}
}

// encode checks that all references lead somewhere.
func encode(d document) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(d); err != nil {
		return nil, err
	}
	for _, match := range reference.FindAllSubmatch(out.Bytes(), -1) {
		if name := string(match[1]); d.Definitions[name] == nil {
			return nil, fmt.Errorf("there is no definition %s among %v", name, slices.Sorted(maps.Keys(d.Definitions)))
		}
	}
	return out.Bytes(), nil
}
