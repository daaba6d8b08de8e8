package server

import (
	"context"
	"time"
)

// punctual is ctx with a deadline, if it has one, a little before the client's. At the deadline itself grpc-go resets the stream, and a
// client whose own clock is late takes that for CANCELLED: tritonclient does, on a busy machine. So the call ends with its status
// before that.
func punctual(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	const earliest = 20 * time.Millisecond
	return context.WithDeadline(ctx, deadline.Add(-min(earliest, max(0, time.Until(deadline)/20))))
}
