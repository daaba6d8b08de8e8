package transparency

import (
	"maps"
	"slices"
	"strings"
)

// Observation is what a client saw of one operation: aspects such as "status" or "body.outputs.0.shape", by name.
type Observation map[string]string

// Absent stands for an aspect that only the other side has.
const Absent = "(absent)"

// Disagreement is an aspect in which two observations of an operation differ.
type Disagreement struct {
	Operation, Aspect string
	Direct, Gateway   string
}

// disagreements are those of one operation, in the order of aspects. Where the verdicts differ, that is all there is to tell.
func disagreements(operation string, direct, gateway Observation) []Disagreement {
	for _, verdict := range verdicts() {
		d := Disagreement{operation, verdict, direct.aspect(verdict), gateway.aspect(verdict)}
		if d.Direct != d.Gateway {
			d.Direct, d.Gateway = direct.verdict(verdict), gateway.verdict(verdict)
			return []Disagreement{d}
		}
	}
	aspects := maps.Clone(direct)
	maps.Copy(aspects, gateway)
	var all []Disagreement
	for _, aspect := range slices.Sorted(maps.Keys(aspects)) {
		d := Disagreement{operation, aspect, direct.aspect(aspect), gateway.aspect(aspect)}
		if d.Direct != d.Gateway && !sameText(d) {
			all = append(all, d)
		}
	}
	return all
}

// verdicts are the aspects that say whether an operation succeeded.
func verdicts() []string { return []string{"transport", "status", "code"} }

// verdict is a verdict with its reason.
func (o Observation) verdict(aspect string) string {
	if reason, ok := o["error"]; ok {
		return o.aspect(aspect) + ": " + oneLine(reason)
	}
	return o.aspect(aspect)
}

func (o Observation) aspect(name string) string {
	if v, ok := o[name]; ok {
		return v
	}
	return Absent
}

// put adds another observation's aspects below a prefix.
func (o Observation) put(prefix string, other Observation) {
	for k, v := range other {
		o[prefix+"."+k] = v
	}
}

// isText reports whether an aspect is an error's text.
func isText(aspect string) bool { return aspect == "error" || strings.HasSuffix(aspect, ".error") }

// sameText reports whether two errors' texts are the same to a client. The gateway puts the server's name before what the server
// said, on one line; and what it refuses itself it says in words of its own.
func sameText(d Disagreement) bool {
	if !isText(d.Aspect) || d.Direct == Absent || d.Gateway == Absent || d.Direct == "" || d.Gateway == "" {
		return false
	}
	origin, said, relayed := strings.Cut(d.Gateway, "): ")
	if !relayed || !strings.HasPrefix(origin, "upstream ") {
		return true
	}
	return oneLine(said) == oneLine(d.Direct)
}

// oneLine is text as errors carry it: without control characters, and without what is blank at its ends.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
