package tensorjson

import (
	"fmt"
	"strconv"

	"github.com/manifold-serving/manifold/infer"
)

// badElement says what the element at the present place should have been.
func (e *elements) badElement() error {
	switch e.peek() {
	case 0, ',', ':', ']', '}', '{':
		return e.syntaxError("an element")
	}
	return fmt.Errorf("element %d: %s is not %s", e.found(), e.element(), wanted(e.datatype))
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
	return fmt.Errorf("data has more elements than its shape calls for, which is %d", e.most)
}
