package transparency

import (
	"os"
	"testing"

	"github.com/manifold-serving/manifold/internal/interop"
)

var lab *interop.Lab //nolint:gochecknoglobals // made once for the package's tests

func TestMain(m *testing.M) {
	os.Exit(interop.Main(m, func(l *interop.Lab) { lab = l }))
}
