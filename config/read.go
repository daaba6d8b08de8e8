package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\uFEFF"

// readFile is the text of a file, its lines ending in "\n". The file may be a pipe (`-f <(…)`).
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // reading the files that the operator names is what this package is for
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return readAll(f)
}

// readSource is the text of a file, or of the standard input.
func readSource(name string, stdin io.Reader) ([]byte, error) {
	if name == stdinSource {
		return readAll(stdin)
	}
	return readFile(name)
}

// readAll is the bounded text of r.
func readAll(r io.Reader) ([]byte, error) {
	if r == nil {
		return nil, errors.New("there is no standard input to read")
	}
	text, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case len(text) > maxFileBytes:
		return nil, fmt.Errorf("is larger than %s, the most that is read as configuration: is it a configuration file?", size(maxFileBytes))
	}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n")) // a line break in YAML (1.2, "5.4. Line Break Characters")
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("is empty: it may be half written")
	}
	return text, nil
}

// reason is err without the operation and the path, which the fault names already.
func reason(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file or folder")
	case errors.Is(err, syscall.EISDIR):
		return errors.New("is a folder")
	case errors.As(err, &path):
		return fmt.Errorf("cannot be read: %w", path.Err)
	default:
		return fmt.Errorf("cannot be read: %w", err)
	}
}

// size is a number of bytes as messages say it.
func size(n int) string { return fmt.Sprintf("%d MiB", n>>20) }
