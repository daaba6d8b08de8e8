package manifold_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/manifold-serving/manifold"
	"github.com/manifold-serving/manifold/config"
)

func TestT15ExtensionsAreOpenedForServersThatThereAre(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ extensions, want string }{
		"one that is there": {"{modelRepository: vision, trace: vision}", ""},
		"a misspelt name":   {"{modelRepository: visoin}", `spec.extensions.modelRepository: there is no ModelServer "visoin", did you mean "vision"?`},
		"over HTTP":         {"{logging: legacy}", `spec.extensions.logging: ModelServer "legacy" is called over HTTP, and extensions are over gRPC`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "resources.yaml")
			text := `apiVersion: manifold.dev/v1alpha1
kind: Gateway
metadata: {name: default}
spec:
  extensions: ` + tt.extensions + `
---
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: vision}
spec: {targets: ["127.0.0.1:1"]}
---
apiVersion: manifold.dev/v1alpha1
kind: ModelServer
metadata: {name: legacy}
spec: {targets: ["http://127.0.0.1:1"]}
`
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			resources, err := config.Load([]string{file}, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = manifold.Check(t.Context(), resources)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), file+":5: Gateway default: "+tt.want)) {
				t.Errorf("error %v", err)
			}
		})
	}
}
