package clients

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that is written as text with its unit: "250ms", "5s", "2m". Zero means the field's default.
type Duration time.Duration

// UnmarshalJSON reads the text form. A bare number is refused, for it does not tell its unit.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%s is not a duration; write one with its unit, such as \"5s\" or \"250ms\"", data)
	}
	v, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a duration; write one such as \"5s\" or \"250ms\"", text)
	}
	*d = Duration(v)
	return nil
}

// MarshalJSON writes the text form.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// String is the text form.
func (d Duration) String() string { return time.Duration(d).String() }

// or is d, or the default when d is zero.
func (d Duration) or(otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return time.Duration(d)
}

// Size is a number of bytes, written as "64MiB", "1GiB", "500KB" or a bare number. Zero means the field's default.
type Size int64

// units are the suffixes of a Size, longest first where one ends another.
var units = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

// UnmarshalJSON reads a number, or text with a unit.
func (s *Size) UnmarshalJSON(data []byte) error {
	text := string(data)
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	v, err := parseSize(text)
	*s = Size(v)
	return err
}

func parseSize(text string) (int64, error) {
	digits, unit := strings.TrimSpace(text), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(digits, u.suffix); ok {
			digits, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, fmt.Errorf("%q is not a number of bytes; write one such as 64MiB or 67108864", text)
	}
	return n * unit, nil
}

// MarshalJSON writes the text form.
func (s Size) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// String is the text form, in the largest binary unit that divides the size.
func (s Size) String() string {
	for _, u := range []int{2, 1, 0} {
		if unit := units[u]; s != 0 && int64(s)%unit.bytes == 0 {
			return strconv.FormatInt(int64(s)/unit.bytes, 10) + unit.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
