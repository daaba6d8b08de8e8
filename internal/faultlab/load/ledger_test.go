package load_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/manifold-serving/manifold/internal/faultlab/load"
	"github.com/manifold-serving/manifold/internal/faultlab/proof"
)

// answered is an outcome with the answer to c, changed.
func answered(c proof.Call, execution uint64, change func(*proof.Answer)) load.Outcome {
	a := proof.Answer{ID: c.ID, Payload: append([]byte(nil), c.Payload...), Sum: c.Sum(), Backend: "b", Execution: execution}
	if change != nil {
		change(&a)
	}
	return load.Outcome{At: time.Now(), Code: "OK", Answer: a}
}

func TestTheLedgerFindsEveryAnswerThatIsNotRight(t *testing.T) {
	t.Parallel()
	a, b := proof.Call{ID: "a", Payload: []byte("payload of a")}, proof.Call{ID: "b", Payload: []byte("payload of b")}
	for _, tt := range []struct {
		name     string
		of       load.Outcome // what a comes to; b is answered right
		want     load.Verdict
		why      string
		right    int
		isFailed bool
	}{
		{"right", answered(a, 2, nil), load.Right, "", 2, false},
		{"an error", load.Outcome{Code: "UNAVAILABLE"}, load.Failed, "", 1, true},
		{"unreadable", load.Outcome{Code: "OK", Broken: errors.New("x")}, load.Wrong, "x", 1, true},
		{"another call's", answered(b, 2, nil), load.Swapped, "proves the call b", 1, true},
		{"another call's under this one's id", answered(b, 2, func(x *proof.Answer) { x.ID = "a" }), load.Swapped, "proves the call b", 1, true},
		{"another call's id", answered(a, 2, func(x *proof.Answer) { x.ID = "b" }), load.Swapped, "has the id of the call b", 1, true},
		{"nobody's id", answered(a, 2, func(x *proof.Answer) { x.ID = "x" }), load.Wrong, `id is "x"`, 1, true},
		{"a wrong sum", answered(a, 2, func(x *proof.Answer) { x.Sum++ }), load.Wrong, "sum is", 1, true},
		{"a wrong payload", answered(a, 2, func(x *proof.Answer) { x.Payload[0]++ }), load.Wrong, "payload is another", 1, true},
		{"an execution that b was answered with", answered(a, 1, nil), load.Doubled, "execution 1 of b was also the answer to b", 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := load.NewLedger()
			l.Begin(a, load.Record{})
			l.Begin(b, load.Record{})
			l.End("b", answered(b, 1, nil))
			l.End("a", tt.of)
			records, strays := l.Records()
			r := records[0]
			if r.Verdict != tt.want || !strings.Contains(r.Why, tt.why) || r.Failed() != tt.isFailed {
				t.Errorf("%s: %s, failed %v; want %s: %s", r.Verdict, r.Why, r.Failed(), tt.want, tt.why)
			}
			right := 0
			for _, r := range records {
				if r.Verdict == load.Right {
					right++
				}
			}
			if right != tt.right || len(strays) != 0 {
				t.Errorf("%d are right, strays %q", right, strays)
			}
		})
	}
}

func TestTheLedgerWantsOneOutcomeOfEachCall(t *testing.T) {
	t.Parallel()
	a := proof.Call{ID: "a"}
	l := load.NewLedger()
	l.Begin(a, load.Record{})
	if records, _ := l.Records(); records[0].Verdict != load.Missing || !records[0].Failed() {
		t.Errorf("no outcome is %s", records[0].Verdict)
	}
	l.End("a", answered(a, 1, nil))
	l.End("a", load.Outcome{Code: "CANCELLED"})
	l.End("x", answered(a, 2, nil))
	records, strays := l.Records()
	if records[0].Verdict != load.Doubled || len(strays) != 1 || !strings.Contains(strays[0], `"x", which was not made`) {
		t.Errorf("%+v, %q", records[0], strays)
	}
}
