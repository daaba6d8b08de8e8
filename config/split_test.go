package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	type piece struct {
		Line int
		Text string
	}
	for _, tt := range []struct {
		name, text string
		want       []piece
	}{
		{"one", "a: 1\n", []piece{{1, "a: 1\n"}}},
		{"none", "", nil},
		{"comments and space are none", "# a\n\n---\n  # b\n---\n", nil},
		{"two", "a: 1\n---\nb: 2\n", []piece{{1, "a: 1\n"}, {2, "---\nb: 2\n"}}},
		{"no newline at the end", "a: 1\n---\nb: 2", []piece{{1, "a: 1\n"}, {2, "---\nb: 2"}}},
		{"value beside the marker", "--- {a: 1}\n--- {b: 2}\n", []piece{{1, "--- {a: 1}\n"}, {2, "--- {b: 2}\n"}}},
		{"end marker", "a: 1\n...\n# c\n---\nb: 2\n...\n", []piece{{1, "a: 1\n"}, {4, "---\nb: 2\n"}}},
		{"directive", "%YAML 1.1\n---\na: 1\n", []piece{{2, "---\na: 1\n"}}},
		{"longer runs and indented ones are no markers", "a: |\n  ---\n  ...\n----\n", []piece{{1, "a: |\n  ---\n  ...\n----\n"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []piece
			for _, s := range split([]byte(tt.text)) {
				got = append(got, piece{s.line, string(s.text)})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sections differ (-want +got):\n%s", diff)
			}
		})
	}
}
