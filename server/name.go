package server

import (
	"google.golang.org/grpc/codes"

	"github.com/manifold-serving/manifold/infer"
)

const maxName = 128

// checkName holds the names that clients send against one allow-list, before anything is done with them: they end up in maps,
// logs, metrics and the paths of model servers. INVALID_ARGUMENT.
func checkName(model, version string) error {
	if model == "" {
		return infer.Errorf(codes.InvalidArgument, "the request names no model; set model_name")
	}
	if !allowed(model) {
		return badName("model name", model)
	}
	if version != "" && !allowed(version) {
		return badName("version", version)
	}
	return nil
}

func badName(what, name string) error {
	return infer.Errorf(codes.InvalidArgument,
		"%s %q is not valid: 1 to %d letters, digits, '.', '_' and '-', the first a letter or digit", what, clip(name, maxName), maxName)
}

// allowed reports whether name matches [A-Za-z0-9][A-Za-z0-9._-]{0,127}, which "." and ".." do not.
func allowed(name string) bool {
	if len(name) == 0 || len(name) > maxName || !alphanumeric(name[0]) {
		return false
	}
	for i := 1; i < len(name); i++ {
		switch c := name[i]; {
		case alphanumeric(c), c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
