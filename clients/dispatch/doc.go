// Package dispatch makes a call at an endpoint, and when that does not answer at another one, within budgets.
//
//	answer, err := dispatch.Do(ctx, dispatcher, call, dispatch.Attempt[*link, answer]{Run: send, Drop: answer.Free})
//
// Three things make a second attempt, at another endpoint unless there is only one, which is asked once more after a moment:
//
//   - a retry, after a failure that left nothing behind: the request was never sent, or the server broke off before its first byte and
//     the call may be repeated;
//   - a re-dispatch, when the endpoint of a call stalls ([balance.Lease.OnMoved]); both attempts run on and the first answer wins;
//   - a hedge, when it is on, after a call has taken longer than most.
//
// All draw on one account, so that a server in trouble gets at most a tenth more calls than there are. Only what was never sent is made again for
// nothing, up to three attempts in all: it costs the server nothing.
//
// A call that nothing happens to is made in the goroutine of its caller, and nothing waits beside it.
package dispatch
