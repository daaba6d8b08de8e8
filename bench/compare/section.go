package main

import (
	"context"
	"fmt"
	"io"
)

// section measures a part of the report that is no cell. Its table has no rows when what it needs is not there, and its note says what.
type section interface {
	title() string
	measure(ctx context.Context, o options, folder string) (table, error)
}

func (s idle) title() string { return s.name }
func (s perf) title() string { return s.name }

func sections() []section {
	var all []section
	for _, s := range idles() {
		all = append(all, s)
	}
	for _, s := range perfs() {
		all = append(all, s)
	}
	return all
}

func measureSections(ctx context.Context, o options, folder string, out io.Writer) ([]table, error) {
	var all []table
	for _, s := range sections() {
		if !o.only.MatchString(s.title()) {
			continue
		}
		fmt.Fprintln(out, s.title())
		t, err := s.measure(ctx, o, folder)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.title(), err)
		}
		fmt.Fprintf(out, "  %s\n", t.note)
		printTable(out, t.rows)
		all = append(all, t)
	}
	return all, nil
}
