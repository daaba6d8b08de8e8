package server

import (
	"context"
	"log/slog"
	"runtime/debug"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// recovering turns a panic into INTERNAL; the stack goes to the log, the client gets the id to find it there.
func recovering(logger *slog.Logger) stage {
	recovered := recovery.UnaryServerInterceptor(recovery.WithRecoveryHandlerContext(func(ctx context.Context, p any) error {
		return panicked(ctx, logger, p)
	}))
	return func(ctx context.Context, _ *call, next func() error) error {
		_, err := recovered(ctx, nil, nil, func(context.Context, any) (any, error) { return nil, next() })
		return err
	}
}

func panicked(ctx context.Context, logger *slog.Logger, p any) error {
	id := RequestID(ctx)
	logger.ErrorContext(ctx, "panic", "id", id, "panic", p, "stack", string(debug.Stack()))
	return infer.Errorf(codes.Internal, "the gateway broke on this request; its log has more under id %s", id)
}
