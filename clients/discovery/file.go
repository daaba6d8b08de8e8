package discovery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// maxFile bounds a file, in bytes: MaxAddresses of some 60 bytes each.
	maxFile = 64 << 10

	// glance is how often a file is looked at. Reading one costs less than being told of changes by the system, which misses some on
	// network file systems.
	glance = time.Second

	// settle is how long a file that changed has to stay as it is before it counts: whoever writes it may not be done.
	settle = 250 * time.Millisecond
)

// file is file:PATH.
type file struct {
	path string

	begun    bool    // it was looked at before
	accepted *string // the content that the targets are from; nil when it could not be read
	fresh    *string // content that may not be complete
	targets  []string
	fault    error
}

// parseFile reads what follows file: in a target.
func parseFile(target, rest string) (source, error) {
	path := rest
	if afterSlashes, ok := strings.CutPrefix(rest, "//"); ok {
		if !strings.HasPrefix(afterSlashes, "/") {
			return nil, fmt.Errorf("%q lacks a slash; write file:///PATH, or file:PATH for one that is relative", target)
		}
		path = afterSlashes
	}
	if path == "" || strings.HasSuffix(path, "/") || strings.ContainsRune(path, 0) {
		return nil, fmt.Errorf("%q names no file; write file:///PATH", target)
	}
	return &file{path: path}, nil
}

func (f *file) authority() string { return "" }

// look reads the file. While it changes it is what it was.
func (f *file) look(context.Context) ([]string, error) {
	content, err := readFile(f.path)
	switch {
	case err != nil:
		f.accepted, f.fresh, f.targets, f.fault = nil, nil, nil, err
	case f.accepted != nil && *f.accepted == content:
		f.fresh = nil
	case f.begun && (f.fresh == nil || *f.fresh != content):
		f.fresh = &content
	default:
		f.accepted, f.fresh = &content, nil
		if f.targets, f.fault = parseLines(content); f.fault != nil {
			f.fault = fmt.Errorf("%s: %w", f.path, f.fault)
		}
	}
	f.begun = true
	return f.targets, f.fault
}

func (f *file) pause(time.Duration, int) time.Duration {
	if f.fresh != nil {
		return settle
	}
	return glance
}

func readFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() { // reading a pipe could take for ever
		return "", fmt.Errorf("%s: it is not a file", path)
	}
	opened, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return "", err
	}
	defer opened.Close() //nolint:errcheck // it was read only
	content, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	return string(content), err
}

// parseLines reads the content of a file: a target a line, and what follows # is a comment. What the targets mean is the transport's to
// know, but none may be dynamic itself.
func parseLines(content string) ([]string, error) {
	if len(content) > maxFile {
		return nil, fmt.Errorf("it has more than %d bytes", maxFile)
	}
	var targets []string
	number := 0
	for line := range strings.Lines(content) {
		number++
		line = strings.TrimSpace(uncommented(line))
		if line == "" {
			continue
		}
		if err := checkLine(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		targets = append(targets, line)
	}
	if len(targets) == 0 {
		return nil, errors.New("it names no target")
	}
	return tidy(targets)
}

// uncommented is a line up to a # that begins it or follows a space.
func uncommented(line string) string {
	before := ' '
	for i, r := range line {
		if r == '#' && unicode.IsSpace(before) {
			return line[:i]
		}
		before = r
	}
	return line
}

func checkLine(line string) error {
	switch {
	case !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) && r != '\t' }):
		return errors.New("it is not text")
	case strings.ContainsFunc(line, unicode.IsSpace):
		return fmt.Errorf("%q is more than one target; write one a line", short(line))
	case Dynamic(line):
		return fmt.Errorf("%q is a name to look up, or a file; a file has the addresses themselves", short(line))
	}
	return nil
}

// short is text for an error.
func short(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
