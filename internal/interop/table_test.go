//go:build linux

package interop

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	diff "github.com/google/go-cmp/cmp"
)

// table collects results, to be written between the markers of a document.
type table struct {
	mutex    sync.Mutex
	sections map[string][]cell
}

type cell struct {
	client, operation string
	ok                bool
	instead           string // why the server has none
	detail            string // what the client showed
}

func (t *table) add(section string, r Result, instead string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.sections == nil {
		t.sections = map[string][]cell{}
	}
	t.sections[section] = append(t.sections[section], cell{r.Client, r.Operation, r.OK, instead, r.Detail})
}

// markdown is a section: operations a row, a client a column. Operations with the same marks share their row.
func (t *table) markdown(section string) string {
	var clients, operations, notes []string
	marks := map[[2]string]string{}
	for _, c := range t.sections[section] {
		clients, operations = appendNew(clients, c.client), appendNew(operations, c.operation)
		marks[[2]string{c.operation, c.client}] = "✔"
		if c.instead != "" {
			marks[[2]string{c.operation, c.client}] = "n/a"
			notes = appendNew(notes, fmt.Sprintf("- %s: %s", spaced(c.operation), c.instead))
		}
	}
	slices.Sort(clients)
	slices.SortFunc(operations, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	var rows []string // of marks
	names := map[string][]string{}
	for _, o := range operations {
		var row strings.Builder
		for _, c := range clients {
			fmt.Fprintf(&row, " %s |", marks[[2]string{o, c}])
		}
		rows = appendNew(rows, row.String())
		names[row.String()] = append(names[row.String()], spaced(o))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n### %s\n\n| | %s |\n|---|%s\n", section, strings.Join(clients, " | "), strings.Repeat(":-:|", len(clients)))
	for _, row := range rows {
		fmt.Fprintf(&text, "| %s |%s\n", strings.Join(names[row], ", "), row)
	}
	slices.Sort(notes)
	if len(notes) > 0 {
		text.WriteString("\nn/a:\n\n" + strings.Join(notes, "\n") + "\n")
	}
	return text.String()
}

var port127 = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// refusals is what some clients of a section showed for what must fail: a client a column, an operation a row.
func (t *table) refusals(section string, clients, operations []string) string {
	said, markup := map[[2]string]string{}, strings.NewReplacer("|", `\|`, "<", "&lt;")
	for _, c := range t.sections[section] {
		said[[2]string{c.operation, c.client}] = port127.ReplaceAllString(c.detail, "HOST:PORT")
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n### What clients show for an error, with %s\n\n| | %s |\n|---|%s\n",
		section, strings.Join(clients, " | "), strings.Repeat("---|", len(clients)))
	for _, o := range operations {
		fmt.Fprintf(&text, "| %s |", spaced(o))
		for _, c := range clients {
			fmt.Fprintf(&text, " %s |", markup.Replace(said[[2]string{o, c}]))
		}
		text.WriteString("\n")
	}
	return text.String()
}

func appendNew(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

func spaced(operation string) string { return strings.ReplaceAll(operation, "_", " ") }

// rank is an operation's place among the rows; what is not named comes last, in the order in which it was done.
func rank(operation string) int {
	order := strings.Fields(`live ready model_ready server_metadata model_metadata model_config statistics repository_index models
		infer_json infer_binary infer_mixed infer_all_outputs infer_content_type asynchronous datatypes datatypes_json bytes_text bytes_binary
		requested_outputs classification gzip deflate sequence predict v1_models generate generate_stream
		stream stream_final stream_decoupled stream_error_between stream_sequence stream_cancelled timeout cancellation
		unknown_model unknown_version wrong_shape wrong_datatype wrong_count missing_input unknown_output malformed load_denied unload_denied docs`)
	if i := slices.Index(order, operation); i >= 0 {
		return i
	}
	return len(order)
}

const (
	document = "../../docs/compatibility.md"
	begin    = "<!-- written by make interop: begin -->\n"
	end      = "<!-- written by make interop: end -->\n"
)

// keep puts a text between the document's markers. In CI it must be there already.
func keep(t *testing.T, text string) {
	t.Helper()
	whole, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(whole), begin)
	committed, after, ended := strings.Cut(rest, end)
	switch {
	case !begun || !ended:
		t.Fatalf("%s has no markers", document)
	case committed == text:
	case os.Getenv("CI") != "":
		t.Errorf("%s is not what this run says; run `make interop` and commit it (-committed +now):\n%s", document, diff.Diff(committed, text))
	default:
		if err := os.WriteFile(document, []byte(before+begin+text+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
