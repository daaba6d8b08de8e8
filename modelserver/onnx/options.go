package onnx

import (
	"fmt"
	"runtime"
)

// Options says how a model is run. The zero value suits a model without a batch axis.
type Options struct {
	// MaxBatchSize is the most rows one Run takes. 0 means that the model has no batch
	// axis and runs every shape as it comes. Above 0, the first axis of every input and
	// output is the batch, and must be dynamic in the file.
	MaxBatchSize int

	// MaxShapes is how many compiled shapes are kept when axes other than the batch
	// vary; 0 means 32. The batch buckets are always kept when nothing else varies.
	MaxShapes int

	// Concurrency is how many calls of Run compute at once, one core each; others wait.
	// 0 means runtime.GOMAXPROCS.
	Concurrency int
}

const defaultMaxShapes = 32

// complete returns o with its defaults filled in.
func (o Options) complete() (Options, error) {
	if o.MaxBatchSize < 0 || o.MaxShapes < 0 || o.Concurrency < 0 {
		return o, fmt.Errorf("options %+v: no field may be negative", o)
	}
	if o.MaxShapes == 0 {
		o.MaxShapes = defaultMaxShapes
	}
	if o.Concurrency == 0 {
		o.Concurrency = runtime.GOMAXPROCS(0)
	}
	o.MaxShapes = max(o.MaxShapes, len(buckets(o.MaxBatchSize)))
	return o, nil
}
