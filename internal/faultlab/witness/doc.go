// Package witness watches a process: what it holds of memory, descriptors, threads and goroutines, and what its garbage collector takes.
//
//	w, err := witness.Watch(ctx, witness.Options{PID: pid, Metrics: "http://127.0.0.1:8002/metrics"})
//	err = w.Baseline(ctx)         // after a warm-up; otherwise the first sample is it
//	…                             // what is to be seen
//	err = w.Settle(ctx, envelope) // it is as it was before
//	record := w.Stop()
//	err = record.Check(envelope)  // and was never far from it
package witness
