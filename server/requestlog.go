package server

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// logging writes one line for each call: at debug, or at error when the fault is ours.
func logging(logger *slog.Logger) stage {
	return func(ctx context.Context, c *call, next func() error) error {
		start := time.Now()
		err := next()
		code := infer.CodeOf(err)
		level := slog.LevelDebug
		if code == codes.Internal || code == codes.Unknown || code == codes.DataLoss {
			level = slog.LevelError
		}
		if !logger.Enabled(ctx, level) {
			return err
		}
		line := []slog.Attr{
			slog.String("id", c.id), slog.String("protocol", c.protocol), slog.String("method", c.method),
			slog.String("model", c.model), slog.String("code", code.String()), slog.Duration("took", time.Since(start)),
			slog.Int("received", c.received), slog.Int("sent", c.sent),
		}
		if err != nil {
			line = append(line, slog.String("error", clean(err.Error())))
		}
		logger.LogAttrs(ctx, level, "request", line...)
		return err
	}
}
