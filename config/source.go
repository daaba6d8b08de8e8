package config

import "fmt"

// Source is where a resource was written.
type Source struct {
	File string // as it was named to Load, or found in a folder; "stdin" for "-"
	Line int    // of its first field, counted from 1
}

// String is "file:line".
func (s Source) String() string { return fmt.Sprintf("%s:%d", s.File, s.Line) }
