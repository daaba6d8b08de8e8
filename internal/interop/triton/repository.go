// Package triton makes a model repository for a real Triton whose models reach every corner of the protocol: each datatype, optional
// inputs, batching and none, sequences, decoupled answers, every error code, and models that do not load. The models are Python, a few
// files that several configurations share.
package triton

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed models/*.py
var sources embed.FS

// model is an entry of the repository: its configuration without the name, and the source file of each version.
type model struct {
	name     string
	source   string   // models/<source>.py; "" has no code: an ensemble
	versions int      // 0 means 1
	config   string   // protobuf text after the name
	labels   []string // of the output that names labels.txt
}

// Write fills dir with the repository.
func Write(dir string) error { return write(dir, models()) }

// WriteLedger fills dir with a repository of one model, ledger, which answers the calls of the fault laboratory's load: its ledger judges
// a real Triton as it does a fake one. Its outputs named backend say which process of Triton it was.
func WriteLedger(dir string) error { return write(dir, []model{ledger()}) }

func write(dir string, models []model) error {
	for _, m := range models {
		if err := m.write(filepath.Join(dir, m.name)); err != nil {
			return fmt.Errorf("model %s: %w", m.name, err)
		}
	}
	return nil
}

func (m model) write(dir string) error {
	text := fmt.Sprintf("name: %q\n%s\n", m.name, m.config)
	if m.source != "" {
		text += "backend: \"python\"\n"
	}
	for v := 1; v <= max(1, m.versions); v++ {
		if err := m.writeVersion(filepath.Join(dir, strconv.Itoa(v))); err != nil {
			return err
		}
	}
	if m.labels != nil {
		if err := os.WriteFile(filepath.Join(dir, "labels.txt"), []byte(strings.Join(m.labels, "\n")+"\n"), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "config.pbtxt"), []byte(text), 0o600)
}

func (m model) writeVersion(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil || m.source == "" {
		return err
	}
	code, err := sources.ReadFile("models/" + m.source + ".py")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "model.py"), code, 0o600)
}
