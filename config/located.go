package config

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Positions are told for documents up to these bounds (a graph of 1,024 steps is well within), and as the first line of the
// document beyond them: the parser that knows positions needs time that grows with the square of some malformed texts.
const (
	maxIndicators = 40_000
	maxOpen       = 2 * maxDepth
)

// located is the text of a YAML document and, once a fault needs it, where its fields stand.
type located struct {
	first int // line of the text within its file, counted from 1
	text  []byte
	index *positions
}

// positions tells where a path of the document starts.
type positions struct {
	at  map[string]position
	err error // of syntax; at is empty then
}

type position struct{ line, column int }

// last is the last line of the text within its file.
func (l *located) last() int {
	return l.first + bytes.Count(bytes.TrimSuffix(l.text, []byte("\n")), []byte("\n"))
}

// find is the place of path, or else of the nearest field around it that has one.
func (l *located) find(path string) (position, bool) {
	for {
		if p, ok := l.positions().at[path]; ok {
			return position{line: l.first + p.line - 1, column: p.column}, true
		}
		if path == "" {
			return position{}, false
		}
		path = parent(path)
	}
}

// positions parses the text when it is first asked.
func (l *located) positions() *positions {
	if l.index == nil {
		l.index = &positions{at: map[string]position{}}
		if locatable(l.text) {
			l.index.read(l.text)
		}
	}
	return l.index
}

func (p *positions) read(text []byte) {
	defer func() {
		if r := recover(); r != nil { // a parser's panic costs the positions, not the gateway
			p.err = fmt.Errorf("no positions: %v", r)
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		p.err = err
		return
	}
	if len(file.Docs) == 0 {
		p.err = errors.New("no document")
		return
	}
	p.node(file.Docs[0].Body, "", 0)
}

// node notes where the fields and elements below path start. A path keeps its first place; aliases are not followed.
func (p *positions) node(n ast.Node, path string, depth int) {
	if depth > maxDepth {
		return
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, value := range n.Values {
			p.field(value, path, depth)
		}
	case *ast.MappingValueNode:
		p.field(n, path, depth)
	case *ast.SequenceNode:
		for i, value := range n.Values {
			p.element(value, item(path, i), depth)
		}
	case *ast.AnchorNode:
		p.node(n.Value, path, depth+1)
	case *ast.TagNode:
		p.node(n.Value, path, depth+1)
	default:
	}
}

func (p *positions) field(n *ast.MappingValueNode, path string, depth int) {
	if n == nil || n.Key == nil || n.Key.GetToken() == nil {
		return
	}
	key := n.Key.GetToken()
	inner := child(path, key.Value)
	p.note(inner, key)
	p.node(n.Value, inner, depth+1)
}

func (p *positions) element(n ast.Node, path string, depth int) {
	if n == nil {
		return
	}
	if first := firstKey(n); first != nil {
		p.note(path, first)
	} else {
		p.note(path, n.GetToken())
	}
	p.node(n, path, depth+1)
}

// firstKey is the token of a mapping's first key: the token of the mapping itself is its first colon.
func firstKey(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 && n.Values[0].Key != nil {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		if n.Key != nil {
			return n.Key.GetToken()
		}
	default:
	}
	return nil
}

func (p *positions) note(path string, t *token.Token) {
	if t == nil || t.Position == nil {
		return
	}
	if _, known := p.at[path]; !known {
		p.at[path] = position{line: t.Position.Line, column: t.Position.Column}
	}
}

// locatable tells whether finding positions in text takes bounded time.
func locatable(text []byte) bool {
	indicators, open, deepest, dashes := 0, 0, 0, 0
	for _, c := range text {
		if bytes.IndexByte([]byte(",:-?&*!|>[]{}\"'"), c) >= 0 {
			indicators++
		}
		switch c {
		case '[', '{':
			open++
		case ']', '}':
			open = max(open-1, 0)
		case '-', '?':
			dashes++
		case '\n':
			dashes = 0
		default:
		}
		deepest = max(deepest, open, dashes)
	}
	return indicators <= maxIndicators && deepest <= maxOpen
}
