package tensorjson

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/manifold-serving/manifold/infer"
)

// ErrJSON marks the faults of a body's JSON itself: text that does not parse, a key that is missing, a value of another kind than
// its key or its tensor's datatype calls for, and data that do not fit their shape. Triton answers these as its own faults.
var ErrJSON = errors.New("the JSON is not as it should be")

// jsonError is an error that is marked.
type jsonError struct{ error }

// Is implements what errors.Is asks for.
func (jsonError) Is(target error) bool { return target == ErrJSON }

// Unwrap implements what errors.Unwrap asks for.
func (f jsonError) Unwrap() error { return f.error }

func badJSON(format string, args ...any) error { return jsonError{fmt.Errorf(format, args...)} }

// badElement says what the element at the present place should have been.
func (e *elements) badElement() error {
	switch e.peek() {
	case 0, ',', ':', ']', '}', '{':
		return e.syntaxError("an element")
	}
	return badJSON("element %d: %s is not %s", e.found(), e.element(), wanted(e.datatype))
}

// element shows the text of the element at the present place, a string with its quotes.
func (e *elements) element() string {
	if e.peek() != '"' {
		return e.token()
	}
	probe := scanner{text: e.text, at: e.at}
	text, err := probe.appendString(nil)
	switch {
	case err != nil:
		return "a string"
	case len(text) > maxToken:
		return "the string " + strconv.Quote(string(text[:maxToken])) + "…"
	}
	return "the string " + strconv.Quote(string(text))
}

// wanted describes the JSON of a datatype's elements.
func wanted(d infer.DataType) string {
	switch d {
	case infer.FP32:
		return "a number that FP32 holds (up to 3.4028235e38, or NaN, Infinity, -Infinity)"
	case infer.FP64:
		return "a number that FP64 holds (up to 1.7976931348623157e308, or NaN, Infinity, -Infinity)"
	case infer.Bool:
		return "true or false"
	case infer.Bytes:
		return "a string"
	default:
		return wantedInteger(d)
	}
}

func wantedInteger(d infer.DataType) string {
	lowest, highest := integerRange(d)
	sign := ""
	if lowest > 0 {
		sign = "-"
	}
	return fmt.Sprintf("a whole number from %s%d to %d, as %s holds", sign, lowest, highest, d)
}

func (e *elements) tooMany() error {
	if e.datatype == infer.Bytes { // whose number Triton leaves to the model's checks
		return fmt.Errorf("data has more elements than its shape calls for, which is %d", e.most)
	}
	return badJSON("data has more elements than its shape calls for, which is %d", e.most)
}
