package modelserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const configFile = "config.pbtxt"

// source is where a model lies.
type source struct {
	folder   string    // of config.pbtxt and the label files; empty for a single file
	versions []located // ascending, at least one
}

// located is a version on disk.
type located struct {
	number int64
	folder string // holds the model file
	file   string // the model file itself, when no folder is looked into
}

// locate finds out in which of its three forms the model at path is.
func locate(path string) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return source{}, err
	}
	if !info.IsDir() {
		return locateFile(path)
	}
	folder, err := filepath.Abs(path) // "." has a name too
	if err != nil {
		return source{}, err
	}
	versions, err := versionFolders(folder)
	if err != nil {
		return source{}, err
	}
	if len(versions) == 0 {
		versions = []located{{number: 1, folder: folder}}
	}
	return source{folder: folder, versions: versions}, nil
}

func locateFile(path string) (source, error) {
	if filepath.Ext(path) != ".onnx" {
		return source{}, fmt.Errorf("%s is neither a folder nor an .onnx file", path)
	}
	return source{versions: []located{{number: 1, file: path}}}, nil
}

// versionFolders finds the folders named by a number from 1 on. As in Triton, others do not count, nor do those with leading
// zeros. Links are followed: that is how Kubernetes mounts volumes.
func versionFolders(folder string) ([]located, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var versions []located
	for _, entry := range entries {
		number, err := strconv.ParseUint(entry.Name(), 10, 63)
		if err != nil || entry.Name()[0] == '0' {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			continue
		}
		versions = append(versions, located{number: int64(number), folder: path})
	}
	slices.SortFunc(versions, func(a, b located) int { return int(min(max(a.number-b.number, -1), 1)) })
	return versions, nil
}

// modelFile is the path of the model file, which is named filename in a folder. It says what lies there instead, if anything.
func (l located) modelFile(filename string) (string, error) {
	if l.file != "" {
		return l.file, nil
	}
	path := filepath.Join(l.folder, filename)
	_, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	return "", fmt.Errorf("%s has no %s; a model is a folder with %s and folders 1, 2, … that hold %s, or that file alone%s",
		l.folder, filename, configFile, filename, l.found())
}

// found names a few of the things that lie where a model file should.
func (l located) found() string {
	const enough = 5
	entries, err := os.ReadDir(l.folder)
	if err != nil || len(entries) == 0 {
		return "; the folder is empty"
	}
	var names []string
	for _, entry := range entries[:min(len(entries), enough)] {
		if _, err := os.Stat(filepath.Join(l.folder, entry.Name(), configFile)); err == nil {
			return "; this is a repository of models, name one of them, such as " + entry.Name()
		}
		names = append(names, entry.Name())
	}
	return "; found " + strings.Join(names, ", ")
}
