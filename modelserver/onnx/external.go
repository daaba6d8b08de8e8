package onnx

import (
	"fmt"
	"io"
	"os"

	"github.com/gomlx/onnx-gomlx/onnx"
)

// external reads weights that a model keeps in files beside it. It is the folder they
// must lie in: a location that leads out of it is refused, since model files come from
// strangers.
type external string

var _ onnx.ExternalDataReader = external("")

// ReadInto fills out with the weights that info points to.
func (dir external) ReadInto(info onnx.ExternalDataInfo, out []byte) error {
	f, err := os.OpenInRoot(string(dir), info.Location)
	if err != nil {
		return fmt.Errorf("external weights: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	if _, err := io.ReadFull(io.NewSectionReader(f, info.Offset, int64(len(out))), out); err != nil {
		return fmt.Errorf("external weights %s at %d: %w", info.Location, info.Offset, err)
	}
	return nil
}

// Close does nothing: ReadInto holds no file open.
func (external) Close() error { return nil }
