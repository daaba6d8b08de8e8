package transparency

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const document = "../../../docs/compatibility.md"

// keep puts the table of differences between the document's markers of that name. In CI it must be there already.
func keep(t *testing.T, name string, operations int, declared []Difference) {
	t.Helper()
	begin, end := "<!-- transparency, "+name+": begin -->\n", "<!-- transparency, "+name+": end -->\n"
	whole, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if t.Failed() {
		return
	}
	before, rest, begun := strings.Cut(string(whole), begin)
	committed, after, ended := strings.Cut(rest, end)
	text := tableOf(operations, declared)
	switch {
	case !begun || !ended:
		t.Errorf("%s has no markers for %s", document, name)
	case committed == text:
	case os.Getenv("CI") != "":
		t.Errorf("%s is not what this run says of %s; run `make interop` and commit it", document, name)
	default:
		if err := os.WriteFile(document, []byte(before+begin+text+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// tableOf is a row for each difference, which more than one of the declared may be.
func tableOf(operations int, declared []Difference) string {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%d operations were compared.\n\n| through the gateway | because |\n|---|---|\n", operations)
	told := map[string]bool{}
	for _, d := range declared {
		if !told[d.What] {
			fmt.Fprintf(&text, "| %s | %s |\n", d.What, d.Reason)
		}
		told[d.What] = true
	}
	text.WriteString("\n")
	return text.String()
}
