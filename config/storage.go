package config

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// localPath is the path of a storageUri on this machine: file:///absolute, file:relative (to the folder of the YAML file), or a path
// without a scheme, as KServe's storage initializer takes it too. It is empty, without an error, for any other scheme.
func localPath(uri string) (string, error) {
	if strings.ContainsRune(uri, 0) {
		return "", fmt.Errorf("%s holds a zero byte", short(uri))
	}
	scheme, _, found := strings.Cut(uri, ":")
	if !found || strings.Contains(scheme, "/") {
		return uri, nil
	}
	if !strings.EqualFold(scheme, "file") {
		return "", nil
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s is not a URI: %w", short(uri), errors.Unwrap(err))
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%s has a query or a fragment: write ? as %%3F and # as %%23", short(uri))
	case u.Host != "" && u.Host != "localhost":
		return "", fmt.Errorf("%s names a host: write file:%s for a path beside this file, or file:///… for an absolute one",
			short(uri), path.Join(u.Host, u.Path))
	}
	local := u.Path
	if u.Opaque != "" {
		if local, err = url.PathUnescape(u.Opaque); err != nil {
			return "", fmt.Errorf("%s is not a URI: %w", short(uri), err)
		}
	}
	if local == "" || strings.ContainsRune(local, 0) {
		return "", fmt.Errorf("%s names no file: write file:models/cat.onnx or file:///models/cat.onnx", short(uri))
	}
	return local, nil
}
