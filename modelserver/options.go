package modelserver

import "runtime"

// Options says how a model is opened. The zero value suits every model.
type Options struct {
	// MaxPixels is the most pixels that the pictures of one request may have together, as their headers say. Decoding takes up
	// to 12 bytes a pixel. 0 means 64 Mi.
	MaxPixels int

	// Concurrency is how many requests to one version compute at once, when config.pbtxt has no instance_group that tells; the
	// others wait. 0 means runtime.GOMAXPROCS.
	Concurrency int

	// Progress, if set, is told what happens while the model loads. Open calls it from its own goroutine.
	Progress func(Event)
}

const defaultMaxPixels = 64 << 20

func (o Options) complete() Options {
	if o.MaxPixels <= 0 {
		o.MaxPixels = defaultMaxPixels
	}
	if o.Concurrency <= 0 {
		o.Concurrency = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	return o
}
