// Package admission bounds how many calls a server has at a time, and lets the others wait as long as it makes sense.
//
//	permit, err := limiter.Admit(ctx)
//	if err != nil {
//		return err // refused: an *infer.Error with RetryAfter
//	}
//	answer, err := call(ctx)
//	permit.Release(err == nil)
//
// A call that could not be answered before its deadline is refused at once, not after it has waited.
package admission
