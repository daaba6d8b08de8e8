package config

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	goccy "github.com/goccy/go-yaml"
	yamlv2 "go.yaml.in/yaml/v2"
)

// cures are what to do about the mistakes that are made most, by the words of the parser.
var cures = []struct{ symptom, cure string }{
	{`'\t'`, "indent with spaces"},
	{"excessive aliasing", "write the values out"},
	{"reserved character", "put the value in quotes"},
	{"cannot start any token", "put the value in quotes, and indent with spaces"},
	{"tab character", "indent with spaces"},
	{"mapping value is not allowed", "check the indentation, and put a value that contains \": \" in quotes"},
	{"mapping values are not allowed", "check the indentation, and put a value that contains \": \" in quotes"},
}

// syntax says why the document cannot be decoded: each duplicate field, or the first error of syntax.
func (d *document) syntax(err error) Faults {
	if duplicates, ok := errors.AsType[*yamlv2.TypeError](err); ok {
		return d.duplicateFields(duplicates.Errors)
	}
	line, message := lineOf(clean(err))
	line, column := d.text.first+max(line-1, d.text.anchorLine(message)), 0
	located, ok := errors.AsType[*goccy.SyntaxError](d.text.positions().err)
	if ok && located.Token != nil && located.Token.Position != nil {
		// goccy/go-yaml points at the place itself, where the other parser names the line it gave up on.
		at := located.Token.Position
		line, column, message = d.text.first+at.Line-1, at.Column, strings.ReplaceAll(located.Message, "\t", `\t`)
	}
	if errors.Is(err, errTrailing) {
		return Faults{d.faultAt(line, column, err.Error())}
	}
	return Faults{d.faultAt(line, column, "is not YAML: "+message+cure(message))}
}

// anchorLine is the line, from 0, of the alias that the message `unknown anchor 'x' referenced` is about; 0 when it is about another.
func (l *located) anchorLine(message string) int {
	name, isAlias := strings.CutPrefix(message, "unknown anchor '")
	name, _, closed := strings.Cut(name, "'")
	at := bytes.Index(l.text, []byte("*"+name))
	if !isAlias || !closed || at < 0 {
		return 0
	}
	return bytes.Count(l.text[:at], []byte("\n"))
}

func cure(message string) string {
	for _, known := range cures {
		if strings.Contains(message, known.symptom) {
			return ": " + known.cure
		}
	}
	return ""
}

// duplicateFields are faults for messages of the form `line 4: key "a" already set in map`.
func (d *document) duplicateFields(messages []string) Faults {
	var faults Faults
	for _, text := range messages {
		line, message := lineOf(text)
		if key, found := strings.CutPrefix(message, "key "); found {
			message = fmt.Sprintf("field %s is written twice: keep one", strings.TrimSuffix(key, " already set in map"))
		}
		faults = append(faults, d.faultAt(d.text.first+max(line-1, 0), 0, message))
	}
	return faults
}

// lineOf splits "line 4: what" into 4 and "what"; the line is 1 when the text names none.
func lineOf(text string) (int, string) {
	rest, found := strings.CutPrefix(text, "line ")
	number, message, colon := strings.Cut(rest, ": ")
	line, err := strconv.Atoi(number)
	if !found || !colon || err != nil {
		return 1, text
	}
	return line, message
}
