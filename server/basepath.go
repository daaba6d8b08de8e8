package server

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

func basePathFaults(base string) []error {
	if err := checkBasePath(base); err != nil {
		return []error{fmt.Errorf("basePath: %w", err)}
	}
	return nil
}

// checkBasePath refuses a base path that no request could have, or that would make the paths of requests ambiguous.
func checkBasePath(base string) error {
	switch {
	case base == "":
		return nil
	case !strings.HasPrefix(base, "/"):
		return fmt.Errorf("%q does not begin with a slash; write /models", base)
	case strings.HasSuffix(base, "/"):
		return fmt.Errorf("%q ends with a slash; leave that out", base)
	case path.Clean(base) != base:
		return fmt.Errorf("%q is not clean; write %s", base, path.Clean(base))
	}
	for segment := range strings.SplitSeq(base[1:], "/") {
		if !allowed(segment) {
			return fmt.Errorf("segment %q is not 1 to %d letters, digits, '.', '_' and '-', the first a letter or digit", clip(segment, maxName), maxName)
		}
	}
	return nil
}

// below is u without base in front; false when it does not begin with that. What is behind is as it was, escapes included.
func below(base string, u *url.URL) (*url.URL, bool) {
	if base == "" {
		return u, true
	}
	rest, ok := strings.CutPrefix(u.EscapedPath(), base+"/")
	if !ok {
		return u, false
	}
	stripped := *u
	stripped.RawPath = "/" + rest
	stripped.Path = strings.TrimPrefix(u.Path, base)
	return &stripped, true
}
