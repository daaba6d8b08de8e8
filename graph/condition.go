package graph

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/manifold-serving/manifold/infer"
)

// anything is the condition that always matches, the idiom for a default.
const anything = "@this"

// condition is a GJSON path, which matches a message when it exists in its document.
type condition struct {
	path  string
	view  infer.View
	parts infer.ViewParts // what path can reach
}

func newCondition(path string, view infer.View) *condition {
	return &condition{path, view, reach(path)}
}

// matches renders m as far as the condition can see and tests it.
func (c *condition) matches(m infer.Message) (bool, error) {
	if c.always() {
		return true, nil
	}
	document, err := c.render(m)
	if err != nil {
		return false, err
	}
	return c.in(document), nil
}

func (c *condition) always() bool { return c.path == anything }

func (c *condition) render(m infer.Message) ([]byte, error) { return c.view(nil, m, c.parts) }

func (c *condition) in(document []byte) bool { return gjson.GetBytes(document, c.path).Exists() }

// reach tells which parts of a document a path can tell apart from their absence. A path names what it reads, unless it has
// wildcards, escapes or modifiers; [anything] is a modifier that changes nothing.
func reach(path string) infer.ViewParts {
	if strings.ContainsAny(strings.ReplaceAll(path, anything, ""), `*?\@`) {
		return infer.ViewParts{Data: true, Rows: true}
	}
	return infer.ViewParts{
		Data: mentions(path, "data"),
		Rows: mentions(path, "predictions") || mentions(path, "instances"),
	}
}

// mentions reports whether path has key as a whole word.
func mentions(path, key string) bool {
	for {
		before, after, found := strings.Cut(path, key)
		if !found {
			return false
		}
		if !endsInWord(before) && !startsWithWord(after) {
			return true
		}
		path = after
	}
}

func endsInWord(s string) bool { return s != "" && wordByte(s[len(s)-1]) }

func startsWithWord(s string) bool { return s != "" && wordByte(s[0]) }

func wordByte(b byte) bool {
	return b == '_' || b == '-' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b >= 0x80
}
