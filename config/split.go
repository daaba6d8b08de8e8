package config

import "bytes"

// section is the text of one YAML document within a file.
type section struct {
	line int // of its first line, counted from 1
	text []byte
}

// split cuts a file into its YAML documents at "---" and "..." lines and drops those that hold nothing but comments. Neither
// marker can stand at the start of a line within a document, not even in a block of text (YAML 1.2, "9.1.2. Document Markers"),
// so lines decide.
func split(text []byte) []section {
	var sections []section
	start, startLine := 0, 1
	cut := func(end int) {
		if piece := text[start:end]; !blank(piece) {
			sections = append(sections, section{line: startLine, text: piece})
		}
	}
	for at, line := 0, 1; at < len(text); line++ {
		next := lineEnd(text, at)
		switch {
		case marks(text[at:next], "---"):
			cut(at)
			start, startLine = at, line
		case marks(text[at:next], "..."):
			cut(at)
			start, startLine = next, line+1
		}
		at = next
	}
	cut(len(text))
	return sections
}

// lineEnd is the offset behind the line that starts at at.
func lineEnd(text []byte, at int) int {
	if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(text)
}

// marks tells whether the line is that document marker: alone, or followed by space.
func marks(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

// blank tells whether there is nothing but space, comments, directives and a marker.
func blank(text []byte) bool { return firstLine(text) < 0 }

// firstLine is the index, from 0, of the first line that holds data, -1 when none does. No value can start with '%': it is a directive's.
func firstLine(text []byte) int {
	for at, line := 0, 0; at < len(text); line++ {
		next := lineEnd(text, at)
		content := bytes.TrimSpace(text[at:next])
		if marks(text[at:next], "---") {
			content = bytes.TrimSpace(content[len("---"):])
		}
		if len(content) > 0 && content[0] != '#' && content[0] != '%' {
			return line
		}
		at = next
	}
	return -1
}
