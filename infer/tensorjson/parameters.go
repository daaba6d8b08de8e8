package tensorjson

import (
	"fmt"
	"math"

	"github.com/manifold-serving/manifold/infer"
)

// What all of a body may hold beside data: in a message each costs many times its text.
const (
	maxParameters = 8 * 1024
	maxHeadText   = 1 << 20 // bytes of names, parameters' keys and strings
)

// parameters moves past an object of parameters. Nulls are left out.
func (d *decoder) parameters() (infer.Parameters, error) {
	var all infer.Parameters
	var had keySet
	err := d.object(func(text []byte) error {
		key := string(text)
		value, err := d.parameter(key)
		if err != nil || value == nil {
			return err
		}
		if !had.add(key) {
			return fmt.Errorf("parameter %s is there twice; send it once", quoted(key))
		}
		if len(all) == infer.MaxParameters {
			return fmt.Errorf("more than %d parameters", infer.MaxParameters)
		}
		all = append(all, infer.Parameter{Key: key, Value: value})
		return d.countParameter(key, value)
	})
	return all, err
}

func (d *decoder) countParameter(key string, value any) error {
	if d.parameterCount++; d.parameterCount > maxParameters {
		return fmt.Errorf("more than %d parameters in the body", maxParameters)
	}
	text, _ := value.(string)
	return d.countText(len(key) + len(text))
}

func (d *decoder) countText(n int) error {
	if d.headText += n; d.headText > maxHeadText {
		return fmt.Errorf("more than %d bytes of names and parameters in the body; send long text as BYTES data", maxHeadText)
	}
	return nil
}

// parameter moves past a value: a bool, int64, uint64, float64 or string; nil for null.
func (d *decoder) parameter(key string) (any, error) {
	switch c := d.peek(); {
	case c == '"':
		text, err := d.stringBytes()
		return string(text), err
	case c == '{' || c == '[':
		return nil, fmt.Errorf("parameter %s is an object or an array; parameters are flat: a string, a number, true or false", quoted(key))
	case d.null():
		return nil, nil //nolint:nilnil // null is absence
	case d.literal("true"):
		return true, nil
	case d.literal("false"):
		return false, nil
	}
	return d.numberParameter(key)
}

func (d *decoder) numberParameter(key string) (any, error) {
	if magnitude, negative, end, ok := scanInteger(d.text, d.at); ok {
		d.at = end
		switch {
		case magnitude <= math.MaxInt64 && negative:
			return -int64(magnitude), nil
		case magnitude <= math.MaxInt64:
			return int64(magnitude), nil
		case !negative:
			return magnitude, nil
		case magnitude == 1<<63:
			return int64(math.MinInt64), nil
		}
		return nil, fmt.Errorf("parameter %s is an integer beyond 64 bits; send it as a string", quoted(key))
	}
	number, isNumber := scanDecimal(d.text, d.at)
	if !isNumber {
		if f, end, ok := nonFinite(d.text, d.at); ok {
			d.at = end
			return f, nil
		}
		return nil, d.syntaxError("a value")
	}
	text := d.text[d.at:number.end]
	f, ok := number.float64(text)
	if !ok {
		return nil, fmt.Errorf("parameter %s: %s is not a number that FP64 holds", quoted(key), d.token())
	}
	if isWhole(text) {
		return nil, fmt.Errorf("parameter %s is an integer beyond 64 bits; send it as a string", quoted(key))
	}
	d.at = number.end
	return f, nil
}

// isWhole reports whether a number's text has neither fraction nor exponent.
func isWhole(text []byte) bool {
	for _, c := range text {
		if c == '.' || c|0x20 == 'e' {
			return false
		}
	}
	return true
}

// quoted shows a name for an error, cut where it is long.
func quoted(s string) string {
	if len(s) > maxToken {
		return fmt.Sprintf("%q…", s[:maxToken])
	}
	return fmt.Sprintf("%q", s)
}
