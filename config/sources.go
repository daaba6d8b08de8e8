package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// stdinSource is how the standard input is named to Load, stdinName how it is named in messages.
const (
	stdinSource = "-"
	stdinName   = "stdin"
)

// extensions are those of the files that a folder is searched for; a file that is named itself may have any.
func extensions() []string { return []string{".yaml", ".yml", ".json"} }

// sources resolves what Load is given into files.
type sources struct {
	files   []string        // to be read, each once, in order
	watched []string        // those, and every folder looked into
	found   map[string]bool // the files that a folder was searched for, and nobody named
	seen    map[string]bool
	faults  Faults
}

func newSources() *sources { return &sources{found: map[string]bool{}, seen: map[string]bool{}} }

// resolve adds the files that a source stands for.
func (s *sources) resolve(source string) {
	var err error
	switch info, statErr := os.Stat(source); {
	case source == "":
		err = errors.New("a source is empty: name a file, a folder, a pattern or -")
	case source == stdinSource:
		s.read(stdinSource)
	case statErr == nil && info.IsDir():
		err = s.folder(source)
	case statErr == nil:
		s.read(source)
	case strings.ContainsAny(source, "*?["):
		err = s.pattern(source)
	case strings.Contains(source, "://"):
		err = errors.New("is a URL: only files are read; fetch it and name the file, or pipe it in and write -")
	default:
		s.watch(source)
		err = reason(statErr)
	}
	if err != nil {
		s.faults = append(s.faults, Fault{File: source, Message: err.Error()})
	}
}

// read adds a file once, however often and by whatever spelling it is named.
func (s *sources) read(file string) {
	if key := "read " + absolute(file); !s.seen[key] {
		s.seen[key] = true
		s.files = append(s.files, file)
	}
	if file != stdinSource {
		s.watch(file)
	}
}

func (s *sources) watch(path string) {
	if key := "watch " + path; !s.seen[key] {
		s.seen[key] = true
		s.watched = append(s.watched, path)
	}
}

// folder adds the files of a folder as `kubectl apply -f` does: by extension, not those of folders within. Hidden files are passed
// over: editors keep locks and ConfigMap volumes their versions in them.
func (s *sources) folder(name string) error {
	s.watch(name)
	entries, err := os.ReadDir(name)
	if err != nil {
		return reason(err)
	}
	found := false
	for _, entry := range entries {
		file := filepath.Join(name, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") || !slices.Contains(extensions(), filepath.Ext(file)) || isOther(file) {
			continue
		}
		found, s.found[file] = true, true
		s.read(file)
	}
	if !found {
		return fmt.Errorf("holds no file that ends in %s (folders within are not searched: name them too)", strings.Join(extensions(), ", "))
	}
	return nil
}

// pattern adds the files, and the files of the folders, that a shell pattern matches. The folder it starts from is watched, so
// that a file that comes later is found.
func (s *sources) pattern(pattern string) error {
	s.watch(fixedFolder(pattern))
	matches, err := filepath.Glob(pattern)
	matches = slices.DeleteFunc(matches, func(match string) bool { return hides(pattern, match) })
	switch {
	case err != nil:
		return fmt.Errorf("is not a pattern: %w", err)
	case len(matches) == 0:
		return errors.New("matches no file")
	}
	for _, match := range matches {
		s.watch(filepath.Dir(match))
		if isFolder(match) {
			if err := s.folder(match); err != nil {
				s.faults = append(s.faults, Fault{File: match, Message: err.Error()})
			}
			continue
		}
		s.read(match)
	}
	return nil
}

// hides tells whether a wildcard of the pattern matched the dot of a hidden file or folder, which it does not in a shell.
func hides(pattern, match string) bool {
	const separator = string(filepath.Separator)
	wanted, got := strings.Split(filepath.Clean(pattern), separator), strings.Split(filepath.Clean(match), separator)
	for i, name := range got {
		if strings.HasPrefix(name, ".") && i < len(wanted) && !strings.HasPrefix(wanted[i], ".") {
			return true
		}
	}
	return false
}

// fixedFolder is the part of a pattern before its first wildcard, as a folder.
func fixedFolder(pattern string) string {
	fixed, _, _ := strings.Cut(pattern, "*")
	fixed, _, _ = strings.Cut(fixed, "?")
	fixed, _, _ = strings.Cut(fixed, "[")
	return filepath.Dir(fixed + "x")
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// isOther tells whether there is something that is no regular file: a folder, or a pipe, which would block. A link that leads
// nowhere is not: reading it tells why.
func isOther(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.Mode().IsRegular()
}

// absolute is file as a full path; the standard input has none.
func absolute(file string) string {
	if file == stdinSource {
		return file
	}
	full, err := filepath.Abs(file)
	if err != nil { // the working folder is gone; the name itself still tells files apart
		return filepath.Clean(file)
	}
	return full
}

// order is every name that faults are told under, in the order they were named.
func (s *sources) order() []string {
	var names []string
	for _, fault := range s.faults {
		names = append(names, fault.File)
	}
	for _, file := range s.files {
		if file == stdinSource {
			file = stdinName
		}
		names = append(names, file)
	}
	return names
}
