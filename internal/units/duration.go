package units

import (
	"encoding"
	"fmt"
	"time"
)

// Duration is a time.Duration whose text is that of [time.ParseDuration]: 5s, 1m30s, 250ms.
type Duration time.Duration

var (
	_ encoding.TextMarshaler = Duration(0)
	_ fmt.Stringer           = Duration(0)
)

// String is the text of d.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText is [Duration.String].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON accepts text for [time.ParseDuration]; a number without a unit is refused, but for 0.
func (d *Duration) UnmarshalJSON(data []byte) error {
	text, err := unquote(data)
	if err != nil {
		return err
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%s is not a duration; write 5s, 1m30s or 250ms", data)
	}
	*d = Duration(parsed)
	return nil
}

// NotNegative returns the fault of a field whose duration is less than 0.
func (d Duration) NotNegative(field string) []error {
	if d >= 0 {
		return nil
	}
	return []error{fmt.Errorf("%s: %s is negative; leave it out for the default", field, d)}
}

// Or is d, or otherwise when d is zero.
func (d Duration) Or(otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return time.Duration(d)
}
