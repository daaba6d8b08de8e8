package clients

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

// Version returns that version of the model, whether or not the server has it: it is asked each time, and the error is its own,
// NOT_FOUND as a rule. INVALID_ARGUMENT, then, when the server's versions are numbers and this is none. An empty version leaves
// the choice to the server.
func (u *Upstream) Version(version string) (infer.Model, error) {
	return u.server.model(u.name, version), nil
}

// checkVersion refuses what is no version. MLServer's are any text, and KServe has none to compare with; Triton reads only the
// beginning, so that 1x would be 1.
func (u *Upstream) checkVersion(ctx context.Context) error {
	if _, err := strconv.ParseUint(u.version, 10, 63); err == nil || u.version == "" {
		return nil
	}
	dialect, err := u.server.dialect(ctx)
	if err != nil {
		return err
	}
	if dialect == MLServer || dialect == KServe {
		return nil
	}
	return infer.Errorf(codes.InvalidArgument, "version %q of model %q is not a whole number; leave it out for the latest", u.version, u.name)
}

// key is the name under which a server's answers about the model are remembered.
func (u *Upstream) key() string { return u.name + "\x00" + u.version }
