package models

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/encoding/prototext"
)

// Write prints the models into dir as a repository in Triton's layout, one folder each: config.pbtxt, labels.txt where there are
// labels, and a folder for each version, in which the twin's model.py belongs. Models that Triton cannot have are left out.
func Write(dir string, all []*Model) error {
	for _, m := range all {
		if m.anything {
			continue // Triton wants to know inputs
		}
		if err := m.write(filepath.Join(dir, m.Name())); err != nil {
			return fmt.Errorf("model %s: %w", m.Name(), err)
		}
	}
	return nil
}

func (m *Model) write(dir string) error {
	for _, v := range m.versions {
		if err := os.MkdirAll(filepath.Join(dir, v.name), 0o750); err != nil {
			return err
		}
	}
	for _, labels := range m.labels {
		if err := os.WriteFile(filepath.Join(dir, labelFile), []byte(strings.Join(labels, "\n")+"\n"), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "config.pbtxt"), []byte(prototext.Format(m.config)), 0o600)
}
