// Package backend runs model servers that misbehave on order, each as a process of its own, and tells what they saw.
//
//	b, err := backend.Start(ctx, backend.Options{Name: "b1", Workers: 8, Service: backend.Delay{Mean: units.Duration(10 * time.Millisecond)}})
//	defer b.Close()
//	err = b.Order(ctx, backend.Behaviour{Hang: 1})                        // from now on; replaces what was ordered before
//	err = b.Order(ctx, backend.Behaviour{Fail: backend.Fail{Share: 0.5, Code: "UNAVAILABLE"}})
//	err = b.Order(ctx, backend.Behaviour{})                               // healthy again
//	err = b.Do(ctx, backend.GoAway)                                       // once
//	b.Stop(); b.Continue(); b.Kill(); b.Restart(ctx)                      // signals; the address stays
//	counts, err := b.Counts(ctx)                                          // since it started, and since the last order or mark
//
// The server speaks gRPC and REST at one address, b.Address, answers every model that it has with the proof of package proof, and takes
// orders at another one, which no fault stops but Stop, Kill and the lack of a CPU. Package rogue is the server; this package is what
// is said to it, and the process.
package backend
