package onnx

import (
	"errors"
	"fmt"
	"strings"
)

// maxCause bounds, in bytes, what is repeated of the library's messages: some print
// the whole network.
const maxCause = 400

// guard calls f and turns a panic of the library into an error, cleaned and bounded.
func guard(f func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = errors.New(clean(fmt.Sprint(fault)))
		}
	}()
	if err := f(); err != nil {
		return errors.New(clean(err.Error()))
	}
	return nil
}

// clean makes one bounded line of text.
func clean(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if len(text) > maxCause {
		text = strings.ToValidUTF8(text[:maxCause], "") + "…"
	}
	return text
}
