// Package load asks a gateway as many callers do who do not wait for each other, and keeps a ledger of what they were told.
//
// The load is open: calls begin when their time has come, whatever became of those before, and a call's latency counts from then, so that
// a server that stalls is charged with the calls that it kept from being made (no coordinated omission). How late the generator itself
// was is measured too; a run of one that was too late is not usable, and its figures are nobody's fault.
//
// The ledger checks each answer against its call (package proof): an answer is right, or wrong, or another call's (swapped), or one that
// was given before (doubled); and each call has one outcome (else one is missing).
//
//	g, err := load.Start(ctx, load.Options{Target: address, Rate: 400, Calls: 2000, Deadline: time.Second})
//	g.Phase("fault")     // calls that are due from now on are of that phase
//	report := g.Wait()   // or g.Stop(), which waits for the calls that are under way
//	fmt.Print(report)
package load
