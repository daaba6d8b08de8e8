// Package dispatch makes a call at an endpoint, and when that does not answer at another one, within budgets.
//
//	answer, err := dispatch.Do(ctx, dispatcher, call, dispatch.Attempt[*link, answer]{Run: send, Drop: answer.Free})
//
// Three things make a second attempt, always at another endpoint:
//
//   - a retry, after a failure that left nothing behind: the request was never sent, or the server broke off before its first byte and
//     the call may be repeated;
//   - a re-dispatch, when the endpoint of a call stalls ([balance.Lease.OnMoved]); both attempts run on and the first answer wins;
//   - a hedge, when it is on, after a call has taken longer than most.
//
// All draw on one account, so that a server in trouble gets at most a tenth more calls than there are.
package dispatch
