package modelserver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/encoding/prototext"

	"github.com/manifold-serving/manifold/gen/inferencepb"
)

const (
	maxConfigBytes = 1 << 20
	maxLabelBytes  = 16 << 20
)

// readConfig reads the model's config.pbtxt. Without one, written is false and the configuration empty.
func readConfig(s source) (config *inferencepb.ModelConfig, written bool, err error) {
	if s.folder == "" {
		return &inferencepb.ModelConfig{}, false, nil
	}
	text, err := readFile(s.folder, configFile, maxConfigBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return &inferencepb.ModelConfig{}, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	config, err = parseConfig(text)
	if err != nil {
		return nil, true, fmt.Errorf("%s:%w", filepath.Join(s.folder, configFile), err)
	}
	if folder := filepath.Base(s.folder); config.GetName() != "" && config.GetName() != folder {
		return nil, true, fmt.Errorf("%s: name is %q, its folder is named %q; make them the same, or leave name out",
			filepath.Join(s.folder, configFile), config.GetName(), folder)
	}
	return config, true, nil
}

// parseConfig reads a ModelConfig in protobuf's text form. A field that there is not is an error; the error starts with the
// line and column: "3:1: unknown field: foo".
func parseConfig(text []byte) (*inferencepb.ModelConfig, error) {
	config := &inferencepb.ModelConfig{}
	if err := prototext.Unmarshal(text, config); err != nil {
		return nil, errors.New(textPosition(err.Error()))
	}
	return config, nil
}

// textPosition makes "3:1: cause" of the library's "proto: (line 3:1): cause", whose blanks differ from build to build.
func textPosition(message string) string {
	message = strings.ReplaceAll(message, "\u00a0", " ")
	message = strings.TrimSpace(strings.TrimPrefix(message, "proto:"))
	if rest, ok := strings.CutPrefix(message, "syntax error "); ok {
		message = rest
	}
	rest, ok := strings.CutPrefix(message, "(line ")
	if !ok {
		return " " + message
	}
	return strings.Replace(rest, "):", ":", 1)
}

// readFile reads a file of a model folder. The name must not lead out of the folder.
func readFile(folder, name string, limit int64) ([]byte, error) {
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%q is not inside the model's folder", name)
	}
	f, err := os.Open(filepath.Join(folder, name)) //nolint:gosec // the name was checked, and whoever runs the gateway names the folder
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is longer than %d bytes", f.Name(), limit)
	}
	return data, err
}
