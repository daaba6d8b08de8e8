// Package admission bounds how many calls a server has at a time, and lets the others wait as long as it makes sense.
//
//	permit, err := limiter.Admit(ctx)
//	if err != nil {
//		return err // refused: an *infer.Error with RetryAfter
//	}
//	answer, err := call(ctx)
//	permit.Release(err == nil)
//
// A call that could not be answered before its deadline is refused at once, not after it has waited. Nothing runs but in the calls
// themselves.
//
// # Who waits
//
// The oldest call goes first until it has waited two thirds of its time; from then on the newest does. That is the simplest that keeps
// nine tenths of a server's work in time at ten times the load that it bears, as the simulations of the tests show. Oldest first alone
// lets calls through when their time is nearly over: with deadlines of five service times and a queue of a hundred, a fifth of the work
// was in time, and nearly all of it with the newest first. Newest first alone refuses, at 95 % of what a server bears, one call in forty
// that oldest first serves.
//
// # Why the limit is not failsafe-go's
//
// The adaptive limiter of github.com/failsafe-go/failsafe-go 0.9.8 costs little and runs in virtual time. But it weighs recent latency
// against a moving average of itself, and reckons throughput from that latency instead of from calls that ended. A server that works in
// batches takes longer for each call the more it does, and so its best work looks like a queue: of one that does 3,600 calls a second in
// batches of up to 64, at three times that load, it let between 10 and 60 through at a time, and the server did 1,200 to 2,500. The limit
// here learns after each cut whether less was done, and keeps that server above 93 %: see gradient and TestBatchingServerStaysBusy.
package admission
