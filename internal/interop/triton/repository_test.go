package triton

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every model has a configuration that names it, and the code of each of its versions.
func TestRepositoryIsWhatTritonReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	for _, m := range append(models(), ledger()) {
		text, err := os.ReadFile(filepath.Join(dir, m.name, "config.pbtxt"))
		if err != nil || !strings.HasPrefix(string(text), `name: "`+m.name+`"`) {
			t.Errorf("%s: %.40s, %v", m.name, text, err)
		}
		versions, err := filepath.Glob(filepath.Join(dir, m.name, "[0-9]", "model.py"))
		if err != nil || m.source != "" && len(versions) != max(1, m.versions) {
			t.Errorf("%s: %v, %v", m.name, versions, err)
		}
	}
}
